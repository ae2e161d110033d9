import type { ClientConfig } from "@signalbox/protocol";
import { useEffect, useState } from "preact/hooks";
import type { Account } from "./account.ts";
import { panelAt } from "./admin/panels.ts";
import { AdminPage } from "./pages/admin-page.tsx";
import { NotFoundPage } from "./pages/not-found-page.tsx";
import { SignInPage } from "./pages/sign-in-page.tsx";
import { SignUpPage } from "./pages/sign-up-page.tsx";
import { TaskPage } from "./pages/task-page.tsx";
import { TasksPage } from "./pages/tasks-page.tsx";
import { Page } from "./parts/page.tsx";
import { Shell } from "./parts/shell.tsx";
import { useRouter } from "./router.tsx";
import { useStore } from "./store.ts";
import { openWorkspace, WorkspaceContext } from "./workspace.ts";

export function App({ account }: { account: Account }) {
  const { phase, config, notice } = useStore(account.state);
  const { path } = useStore(useRouter().location);

  if (phase === "loading") return <p class="splash">Loading…</p>;
  if (!config) return <Unreachable account={account} problem={notice} />;
  if (!config.user) {
    return (
      <Shell>
        {path === "/sign-up" ? <SignUpPage account={account} /> : <SignInPage account={account} notice={notice} />}
      </Shell>
    );
  }
  // Keyed by user: another user who signs in sees nothing of the previous one.
  return <SignedIn key={config.user.user_id} account={account} user={config.user} />;
}

interface SignedInProps {
  account: Account;
  user: NonNullable<ClientConfig["user"]>;
}

function SignedIn({ account, user }: SignedInProps) {
  const [workspace] = useState(() => openWorkspace(user.user_id, account));
  useEffect(() => workspace.close, [workspace]);
  return (
    <WorkspaceContext.Provider value={workspace}>
      <Shell user={user} account={account}>
        <Route isAdmin={user.role === "admin"} />
      </Shell>
    </WorkspaceContext.Provider>
  );
}

function Route({ isAdmin }: { isAdmin: boolean }) {
  const router = useRouter();
  const { path } = useStore(router.location);
  const entered = path === "/sign-in" || path === "/sign-up";
  useEffect(() => {
    if (entered) router.go("/", true);
  }, [entered, router]);

  const taskId = /^\/tasks\/([\w.:-]{1,128})$/.exec(path)?.[1];
  if (taskId !== undefined) return <TaskPage key={taskId} taskId={taskId} />;
  const panel = panelAt(path);
  if (panel !== undefined) return <AdminPage isAdmin={isAdmin} panel={panel} />;
  return path === "/" || entered ? <TasksPage /> : <NotFoundPage />;
}

function Unreachable({ account, problem }: { account: Account; problem: string | null }) {
  return (
    <Shell>
      <Page title="The workbench is not available">
        <p>{problem}</p>
        <button type="button" class="primary" onClick={() => void account.refresh()}>
          Try again
        </button>
      </Page>
    </Shell>
  );
}
