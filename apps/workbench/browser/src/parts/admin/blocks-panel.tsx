import type { BlockRow } from "@signalbox/protocol";
import { useState } from "preact/hooks";
import { useDashboard, useNames } from "../../admin/dashboard.ts";
import { blockQuestion, liftQuestion } from "../../admin/questions.ts";
import { plural } from "../../words.ts";
import { Field, SelectField } from "../field.tsx";
import { Moment } from "../moment.tsx";
import type { Column } from "./column.tsx";
import { DataTable } from "./data-table.tsx";
import { Panel } from "./panel.tsx";
import { useBlocks } from "./use-blocks.ts";

/** The active blocks, each with a button that lifts it. */
export function BlocksPanel() {
  const { request, ask } = useDashboard();
  const nameOf = useNames();
  const { blocks, problem, read, thenRead } = useBlocks();
  const named = ({ subject, id }: Pick<BlockRow, "subject" | "id">): string =>
    subject === "user" ? nameOf(id) : `guests at ${id}`;

  const columns: Column<BlockRow>[] = [
    { label: "Who", cell: named },
    { label: "For", cell: ({ reason }) => reason.replaceAll("_", " ") },
    { label: "By", cell: ({ by }) => (by === undefined ? "server" : nameOf(by)), class: "cut" },
    { label: "Why", cell: ({ note, times }) => note ?? `${plural(times, "block")} in a row`, class: "wide" },
    { label: "Since", cell: ({ since }) => <Moment at={since} /> },
    { label: "Until", cell: ({ until }) => <Moment at={until} /> },
    {
      label: "Actions",
      class: "row-actions",
      cell: (block) => (
        <button
          type="button"
          data-testid="lift-block"
          aria-label={`Lift the block of ${named(block)}`}
          onClick={() => ask(thenRead(liftQuestion(request, block, named(block))))}
        >
          Lift
        </button>
      ),
    },
  ];

  const note = blocks?.length === 0 ? "No active blocks" : blocks && plural(blocks.length, "block");
  return (
    <Panel
      title="Blocks"
      note={note ?? undefined}
      problem={problem}
      retry={read}
      waitsFor={blocks === null && "the blocks"}
    >
      <BlockForm onBlock={(subject) => ask(thenRead(blockQuestion(request, subject, named(subject))))} />
      {blocks !== null && (
        <DataTable
          label="Blocks"
          columns={columns}
          rows={blocks}
          rowProps={({ subject, id }) => ({ key: `${subject} ${id}`, "data-block-id": id })}
          empty="No active blocks. Blocked users and addresses appear here until the block expires."
          testId="admin-blocks"
        />
      )}
    </Panel>
  );
}

/** Blocks a user or an address by its id. */
function BlockForm({ onBlock }: { onBlock: (subject: Pick<BlockRow, "subject" | "id">) => void }) {
  const [subject, setSubject] = useState<BlockRow["subject"]>("user");
  return (
    <form
      class="filters"
      data-testid="block-form"
      onSubmit={(event) => {
        event.preventDefault();
        onBlock({ subject, id: String(new FormData(event.currentTarget).get("subject-id")).trim() });
      }}
    >
      <SelectField
        name="subject"
        label="Block"
        options={[
          ["user", "a user"],
          ["address", "guests at an address"],
        ]}
        value={subject}
        onChange={(event) => setSubject(event.currentTarget.value as BlockRow["subject"])}
      />
      <Field
        name="subject-id"
        label={subject === "user" ? "User id" : "Address"}
        required
        maxLength={128}
        autocomplete="off"
      />
      <button type="submit">Block…</button>
    </form>
  );
}
