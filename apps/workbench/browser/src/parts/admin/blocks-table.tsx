import type { BlockRow } from "@signalbox/protocol";
import type { AdminStore } from "../../admin-store.ts";
import { plural } from "../../words.ts";
import { Moment } from "../moment.tsx";
import type { Question } from "./confirm-dialog.tsx";
import { type Column, DataTable } from "./data-table.tsx";

interface BlocksTableProps {
  blocks: readonly BlockRow[];
  nameOf: (userId: string) => string;
  admin: AdminStore;
  ask: (question: Question) => void;
}

/** Who is kept out for a while after repeated offences, and the means to let them in again. */
export function BlocksTable({ blocks, nameOf, admin, ask }: BlocksTableProps) {
  const named = ({ subject, id }: BlockRow): string => (subject === "user" ? nameOf(id) : `guests at ${id}`);
  const columns: Column<BlockRow>[] = [
    { label: "Who", cell: named },
    { label: "For", cell: ({ reason }) => reason.replaceAll("_", " ") },
    { label: "Since", cell: ({ since }) => <Moment at={since} /> },
    { label: "Until", cell: ({ until }) => <Moment at={until} /> },
    { label: "In a row", cell: ({ times }) => times, class: "number" },
    {
      label: "Actions",
      cell: (block) => (
        <button
          type="button"
          data-testid="lift-block"
          aria-label={`Lift the block of ${named(block)}`}
          onClick={() => ask(liftQuestion(block, named(block), admin))}
        >
          Lift
        </button>
      ),
      class: "row-actions",
    },
  ];
  return (
    <DataTable
      title="Blocks"
      note={blocks.length === 0 ? "Nobody at this moment" : plural(blocks.length, "block", "blocks")}
      columns={columns}
      rows={blocks}
      rowProps={({ subject, id }) => ({ key: `${subject} ${id}`, "data-block-id": id })}
      empty="Nobody is kept out. Who goes on doing what is refused is listed here for as long as it lasts."
      testId="admin-blocks"
    />
  );
}

const liftQuestion = ({ subject, id }: BlockRow, name: string, admin: AdminStore): Question => ({
  title: `Lift the block of ${name}?`,
  text: "They can connect again at once, and what they have done is forgotten. The security log keeps it.",
  action: "Lift the block",
  proceed: () => admin.liftBlock({ subject, id }),
});
