import type { SettingRow } from "@signalbox/protocol";
import { useState } from "preact/hooks";
import { openAnswerStore } from "../../admin/answer-store.ts";
import { useFeed } from "../../admin/dashboard.ts";
import { useStore } from "../../store.ts";
import { plural } from "../../words.ts";
import type { Column } from "./column.tsx";
import { DataTable } from "./data-table.tsx";
import { Panel } from "./panel.tsx";
import { SearchField } from "./search-field.tsx";

const columns: Column<SettingRow>[] = [
  { label: "Setting", cell: ({ name }) => <code>{name}</code> },
  { label: "Value", cell: (row) => <Value row={row} />, class: "wide" },
  { label: "Set by", cell: ({ source }) => (source === "default" ? "default" : <code>{source}</code>) },
  { label: "Meaning", cell: ({ doc }) => doc, class: "wide" },
];

/** The effective configuration: each value and its source. */
export function SettingsPanel() {
  const store = useFeed((section) => openAnswerStore(section, () => section.request("get_configuration", {})));
  const { answer, problem } = useStore(store.state);
  const [filter, setFilter] = useState("");
  const [onlyChanged, setOnlyChanged] = useState(false);
  const settings = answer?.settings ?? [];
  const shown = settings.filter((row) => (!onlyChanged || row.source !== "default") && matches(row, filter));

  const note = answer ? `${shown.length} of ${plural(settings.length, "setting")}` : undefined;
  return (
    <Panel
      title="Settings"
      note={note}
      problem={problem}
      retry={store.read}
      waitsFor={answer === null && "the settings"}
    >
      <div class="filters">
        <SearchField name="settings" label="Search" hint="Name, value or meaning" onSearch={setFilter} />
        <label class="check">
          <input
            type="checkbox"
            data-testid="only-changed"
            checked={onlyChanged}
            onChange={(event) => setOnlyChanged(event.currentTarget.checked)}
          />
          Only what differs from the default
        </label>
      </div>
      {answer !== null && (
        <DataTable
          label="Settings"
          columns={columns}
          rows={shown}
          rowProps={({ name }) => ({ key: name, "data-setting": name })}
          empty="No setting matches."
          testId="admin-settings"
        />
      )}
    </Panel>
  );
}

function Value({ row: { value, secret } }: { row: SettingRow }) {
  if (secret) return <span class="hint">hidden</span>;
  if (value === null || value === "") return <span class="hint">none</span>;
  return <code>{value}</code>;
}

const matches = ({ name, value, doc, source }: SettingRow, filter: string): boolean =>
  [name, value, doc, source].join("\n").toLowerCase().includes(filter.toLowerCase());
