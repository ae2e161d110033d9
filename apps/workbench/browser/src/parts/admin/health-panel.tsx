import type { DependencyRow, HealthReport } from "@signalbox/protocol";
import { openAnswerStore } from "../../admin/answer-store.ts";
import { useFeed } from "../../admin/dashboard.ts";
import { useStore } from "../../store.ts";
import { timeWords } from "../../words.ts";
import { Moment } from "../moment.tsx";
import type { Column } from "./column.tsx";
import { DataTable } from "./data-table.tsx";
import { Panel } from "./panel.tsx";

const refreshMs = 5000;

/** Signs and words, so that no user has to distinguish red from green. */
const signs: Record<HealthReport["status"] | DependencyRow["status"], readonly [sign: string, words: string]> = {
  ok: ["✓", "healthy"],
  degraded: ["!", "degraded: a dependency does not answer"],
  draining: ["↻", "shutting down: accepts no new connections"],
  failing: ["✕", "does not answer"],
};

export function HealthPanel() {
  const store = useFeed((section) => openAnswerStore(section, () => section.request("get_health", {}), refreshMs));
  const { answer: health, problem } = useStore(store.state);
  return (
    <Panel
      title="Health"
      note="Updated every 5 seconds"
      problem={problem}
      retry={store.read}
      waitsFor={health === null && "the server’s health"}
    >
      {health && <Report health={health} />}
    </Panel>
  );
}

function Report({ health: { status, dependencies, version, server_id, started_at } }: { health: HealthReport }) {
  return (
    <>
      <p class="health" role="status" data-testid="health-status" data-status={status}>
        <Condition status={status} />
      </p>
      <DataTable
        label="Dependencies"
        columns={columns}
        rows={dependencies}
        rowProps={({ name }) => ({ key: name, "data-dependency": name })}
        empty="The server has no dependencies."
        testId="admin-health"
      />
      <dl class="panel facts">
        <div>
          <dt>Version</dt>
          <dd>{version}</dd>
        </div>
        <div>
          <dt>Server</dt>
          <dd>
            <code>{server_id}</code>
          </dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd>
            <Moment at={started_at} />
          </dd>
        </div>
      </dl>
    </>
  );
}

const columns: Column<DependencyRow>[] = [
  { label: "Dependency", cell: ({ name }) => name },
  { label: "Condition", cell: ({ status }) => <Condition status={status} /> },
  { label: "Since", cell: ({ since }) => (since === null ? "the start" : timeWords(since)) },
  { label: "Why", cell: ({ reason }) => reason ?? "–", class: "wide" },
];

function Condition({ status }: { status: keyof typeof signs }) {
  const [sign, words] = signs[status];
  return (
    <span class={`condition condition-${status}`}>
      <span class="sign" aria-hidden="true">
        {sign}
      </span>{" "}
      {words}
    </span>
  );
}
