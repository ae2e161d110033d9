import type { ComponentChildren } from "preact";
import { useDashboard } from "../../admin/dashboard.ts";
import { useStore } from "../../store.ts";
import { ProblemLine } from "../problem-line.tsx";

interface PanelProps {
  title: string;
  /** Beside the title, such as how many rows there are. */
  note?: string | undefined;
  problem: string | null;
  /** Asks again for what could not be read. */
  retry?: () => void;
  /** What there is nothing of yet. */
  waitsFor?: string | false;
  children: ComponentChildren;
}

/** One part of the dashboard, with its heading, what it waits for, and what went wrong in it. */
export function Panel({ title, note, problem, retry, waitsFor, children }: PanelProps) {
  return (
    <div class="data">
      <div class="section-head">
        <h2>{title}</h2>
        {note !== undefined && <p class="hint">{note}</p>}
      </div>
      <ProblemLine problem={problem} onRetry={retry} />
      {children}
      {waitsFor && problem === null && <Loading what={waitsFor} />}
    </div>
  );
}

/** Only those who wait get to read it. */
function Loading({ what }: { what: string }) {
  const { feed } = useDashboard();
  const { phase } = useStore(feed.state);
  return (
    <p class="empty loading" data-testid="admin-loading">
      {phase === "live" ? `Loading ${what}…` : `The server is not connected. You will see ${what} as soon as it is.`}
    </p>
  );
}
