import type { ClientConfig } from "@signalbox/protocol";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Account } from "../account.ts";
import { panelAt } from "../admin/panels.ts";
import { setTitleProgress } from "../document-title.ts";
import { Link, useRouter } from "../router.tsx";
import { useStore } from "../store.ts";
import { useProblem } from "../use-problem.ts";
import { useWorkspace } from "../workspace.ts";
import { ConnectionStatus } from "./connection-status.tsx";
import { Bell } from "./notifications/bell.tsx";
import { Toasts } from "./notifications/toasts.tsx";

interface ShellProps {
  /** With a user, the shell shows the navigation, the connection, and the sign-out button. */
  user?: NonNullable<ClientConfig["user"]>;
  account?: Account;
  children: ComponentChildren;
}

/** The frame around every page. */
export function Shell({ user, account, children }: ShellProps) {
  return (
    <>
      <header class="top">
        <a class="skip-link" href="#main">
          Skip to content
        </a>
        <div class="top-row">
          <Link href="/" class="brand">
            <Signal />
            <span>Signalbox</span> <span class="brand-tail">Workbench</span>
          </Link>
          {user && account && <Navigation user={user} account={account} />}
        </div>
      </header>
      {user && <ConnectionStatus />}
      {user && <Toasts />}
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      {user && <Announcer />}
      {user && <TitleProgress />}
    </>
  );
}

function Navigation({ user, account }: { user: NonNullable<ClientConfig["user"]>; account: Account }) {
  const router = useRouter();
  const { path } = useStore(router.location);
  const [problem, setProblem] = useProblem();
  const current = (href: string) => (href === path ? "page" : undefined);

  async function leave(): Promise<void> {
    try {
      await account.signOut();
      router.go("/sign-in");
    } catch (error) {
      setProblem(error);
    }
  }

  return (
    <>
      <nav aria-label="Main">
        <Link href="/" aria-current={current("/")}>
          My tasks
        </Link>
        {user.role === "admin" && (
          <Link href="/admin" aria-current={panelAt(path) && "page"} data-testid="admin-link">
            Admin
          </Link>
        )}
      </nav>
      <div class="who">
        <Bell />
        <span class="who-name" data-testid="user-name">
          {user.username}
        </span>
        <button type="button" class="quiet" data-testid="sign-out" onClick={() => void leave()}>
          Sign out
        </button>
      </div>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

/** Announces the end of a task, and nothing else: every percent would be noise. */
function Announcer() {
  const { announcement } = useStore(useWorkspace().tasks.state);
  return (
    <p class="visually-hidden" aria-live="polite" data-testid="announcement">
      {announcement}
    </p>
  );
}

/** Shows the combined progress of the user's running tasks in the tab's title. */
function TitleProgress() {
  const { tasks, userId } = useWorkspace();
  const known = [...useStore(tasks.state).tasks.values()];
  const running = known.filter(({ owner_id, status }) => owner_id === userId && status === "running");
  const sum = running.reduce((total, { percent }) => total + (percent ?? 0), 0);
  const progress = running.length === 0 ? null : Math.floor(sum / running.length);
  useEffect(() => setTitleProgress(progress), [progress]);
  useEffect(() => () => setTitleProgress(null), []);
  return null;
}

function Signal() {
  return (
    <svg class="brand-mark" viewBox="0 0 16 28" aria-hidden="true">
      <rect width="16" height="28" rx="8" class="brand-case" />
      <circle cx="8" cy="8" r="4" class="brand-off" />
      <circle cx="8" cy="19.5" r="4.5" class="brand-on" />
    </svg>
  );
}
