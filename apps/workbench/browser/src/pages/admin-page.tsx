import { useEffect, useState } from "preact/hooks";
import type { AdminState } from "../admin-store.ts";
import { BlocksTable } from "../parts/admin/blocks-table.tsx";
import { ConfirmDialog, type Question } from "../parts/admin/confirm-dialog.tsx";
import { ConnectionsTable } from "../parts/admin/connections-table.tsx";
import { Metrics } from "../parts/admin/metrics.tsx";
import { SecurityTable } from "../parts/admin/security-table.tsx";
import { TasksTable } from "../parts/admin/tasks-table.tsx";
import { Page } from "../parts/page.tsx";
import { ProblemLine } from "../parts/problem-line.tsx";
import { Link } from "../router.tsx";
import { useStore } from "../store.ts";
import { useWorkspace } from "../workspace.ts";

/** For administrators. The server decides that for itself: what is not sent cannot be shown. */
export function AdminPage({ isAdmin }: { isAdmin: boolean }) {
  // Who loses the role while here is told so by the dashboard.
  const [entered] = useState(isAdmin);
  return entered ? <Dashboard /> : <NotForYou text="This page is for administrators." />;
}

function NotForYou({ text }: { text: string }) {
  return (
    <Page title="Not for you">
      <p data-testid="admin-denied" role="status">
        {text}
      </p>
      <p>
        <Link href="/" class="button primary">
          Go to my tasks
        </Link>
      </p>
    </Page>
  );
}

function Dashboard() {
  const { openAdmin } = useWorkspace();
  const [admin] = useState(openAdmin);
  useEffect(() => admin.close, [admin]);
  const state = useStore(admin.state);
  const [question, setQuestion] = useState<Question | null>(null);

  if (state.phase === "denied") return <NotForYou text={state.problem ?? "This page is for administrators."} />;
  const names = new Map(state.connections.map(({ user_id, username }) => [user_id, username]));
  const nameOf = (userId: string): string => names.get(userId) ?? userId;
  return (
    <Page title="Administration" aside={<FeedState phase={state.phase} />}>
      <ProblemLine problem={state.problem} />
      {state.alert && (
        <div class={`alert alert-${state.alert.severity}`} role="status" data-testid="admin-alert">
          <p>
            <strong>{state.alert.title}</strong> {state.alert.body}
          </p>
        </div>
      )}
      <Metrics metrics={state.metrics} />
      <TasksTable tasks={[...state.tasks.values()]} nameOf={nameOf} admin={admin} ask={setQuestion} />
      <ConnectionsTable rows={state.connections} total={state.connectionTotal} admin={admin} ask={setQuestion} />
      <BlocksTable blocks={state.blocks} nameOf={nameOf} admin={admin} ask={setQuestion} />
      <SecurityTable events={state.securityEvents} nameOf={nameOf} />
      {question && <ConfirmDialog question={question} onClose={() => setQuestion(null)} />}
    </Page>
  );
}

const feedWords: Record<Exclude<AdminState["phase"], "denied">, string> = {
  connecting: "Connecting",
  live: "Live",
  stale: "Not live",
};

function FeedState({ phase }: { phase: Exclude<AdminState["phase"], "denied"> }) {
  return (
    <span class={`badge feed-${phase}`} data-testid="admin-feed" data-state={phase}>
      {feedWords[phase]}
    </span>
  );
}
