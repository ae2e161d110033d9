import type { SecurityEvent, Severity } from "@signalbox/protocol";
import { useCallback, useRef } from "preact/hooks";
import { useDashboard, useFeed, useNames } from "../../admin/dashboard.ts";
import { openSecurity } from "../../admin/security-store.ts";
import { useStore } from "../../store.ts";
import { plural } from "../../words.ts";
import { ExactMoment } from "../moment.tsx";
import type { Column } from "./column.tsx";
import { Panel } from "./panel.tsx";
import { lineDetails } from "./security-details.tsx";
import { SecurityFilterForm } from "./security-filters.tsx";
import { useBlocks } from "./use-blocks.ts";
import { VirtualTable } from "./virtual-table.tsx";

export function SecurityPanel() {
  const { request, showDetails, userId } = useDashboard();
  const nameOf = useNames();
  const { state, read, narrow, readOlder, setReading } = useFeed(openSecurity);
  const { lines, held, total, hasOlder, filters, phase, problem } = useStore(state);
  const { blocks, thenRead } = useBlocks();
  const list = useRef<HTMLDivElement>(null);
  const onScroll = useCallback((top: number) => setReading(top > 0), [setReading]);

  function toTop(): void {
    const frame = list.current?.querySelector<HTMLElement>(".table-frame");
    frame?.scrollTo({ top: 0 });
    frame?.focus({ preventScroll: true });
    setReading(false);
  }

  const columns: Column<SecurityEvent>[] = [
    { label: "Time", cell: ({ at }) => <ExactMoment at={at} /> },
    { label: "Severity", cell: ({ severity }) => <SeverityBadge severity={severity} /> },
    { label: "Type", cell: ({ type }) => typeWords(type) },
    { label: "Address", cell: ({ ip }) => ip },
    { label: "User", cell: ({ user_id }) => (user_id === undefined ? "–" : nameOf(user_id)), class: "cut" },
    { label: "Detail", cell: ({ detail }) => <span class="clamp">{detail}</span>, class: "wide" },
    { label: "Count", cell: ({ count }) => (count === 1 ? "1" : <strong>×{count}</strong>), class: "number" },
    {
      label: "Actions",
      class: "row-actions",
      cell: (line) => (
        <button
          type="button"
          data-testid="line-details"
          aria-label={`Details and actions, ${typeWords(line.type)}, ${line.ip}`}
          onClick={() =>
            showDetails(lineDetails(line, { nameOf, blocks: blocks ?? [], thenRead, request, ownId: userId }))
          }
        >
          Details
        </button>
      ),
    },
  ];

  const note = phase === "ready" ? `${lines.length} of ${plural(Math.max(total, lines.length), "line")}` : undefined;
  return (
    <Panel
      title="Security log"
      note={note}
      problem={problem}
      retry={read}
      waitsFor={phase === "loading" && "the lines of the log"}
    >
      <SecurityFilterForm filters={filters} narrow={narrow} />
      {phase === "ready" && lines.length === 0 && (
        <p class="empty">
          {Object.values(filters).some((value) => value) ? "No line matches." : "Nothing has been logged."}
        </p>
      )}
      {lines.length > 0 && (
        <div ref={list} class="timeline">
          {held > 0 && (
            <button type="button" class="held" data-testid="held-lines" onClick={toTop}>
              {plural(held, "new line")} above
            </button>
          )}
          <VirtualTable
            label="Security log"
            columns={columns}
            widths="8.5rem 6.5rem 8.5rem minmax(7rem, 1fr) minmax(7rem, 1fr) minmax(14rem, 3fr) 4.5rem 6rem"
            count={lines.length}
            rowAt={(index) => lines[index]}
            keyOf={({ id }) => id}
            rowProps={({ type }) => ({ "data-testid": "security-event", "data-type": type })}
            onScroll={onScroll}
            testId="admin-security"
          />
          {hasOlder && (
            <button type="button" data-testid="older-lines" onClick={readOlder}>
              Load older lines
            </button>
          )}
        </div>
      )}
    </Panel>
  );
}

/** Formats types and severities for people; the words are the log's own. */
const typeWords = (type: string): string => type.replaceAll("_", " ");

function SeverityBadge({ severity }: { severity: Severity }) {
  return <span class={`badge severity-${severity}`}>{severity}</span>;
}
