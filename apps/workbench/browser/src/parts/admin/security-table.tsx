import type { SecurityEvent, Severity } from "@signalbox/protocol";
import { plural } from "../../words.ts";
import { Moment } from "../moment.tsx";
import { type Column, DataTable } from "./data-table.tsx";

interface SecurityTableProps {
  events: readonly SecurityEvent[];
  nameOf: (userId: string) => string;
}

export function SecurityTable({ events, nameOf }: SecurityTableProps) {
  const columns: Column<SecurityEvent>[] = [
    { label: "Time", cell: ({ at }) => <Moment at={at} /> },
    { label: "Severity", cell: ({ severity }) => <SeverityBadge severity={severity} /> },
    { label: "Type", cell: ({ type }) => type.replaceAll("_", " ") },
    { label: "Address", cell: ({ ip }) => ip },
    { label: "User", cell: ({ user_id }) => (user_id === undefined ? "–" : nameOf(user_id)) },
    { label: "Detail", cell: ({ detail }) => detail, class: "wide" },
    { label: "Count", cell: ({ count }) => count, class: "number" },
  ];
  return (
    <DataTable
      title="Security log"
      note={`The latest ${plural(events.length, "entry", "entries")}`}
      columns={columns}
      rows={events}
      rowProps={({ id, type }) => ({ key: id, "data-testid": "security-event", "data-type": type })}
      empty="Nothing has been logged."
      testId="admin-security"
    />
  );
}

function SeverityBadge({ severity }: { severity: Severity }) {
  return <span class={`badge severity-${severity}`}>{severity}</span>;
}
