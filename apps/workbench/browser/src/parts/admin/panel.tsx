import type { ComponentChildren } from "preact";
import { useDashboard } from "../../admin/dashboard.ts";
import { useStore } from "../../store.ts";
import { ProblemLine } from "../problem-line.tsx";

interface PanelProps {
  title: string;
  /** Shown beside the title, such as the number of rows. */
  note?: string | undefined;
  problem: string | null;
  /** Repeats the read that failed. */
  retry?: () => void;
  /** The name of the data that is still missing. */
  waitsFor?: string | false;
  children: ComponentChildren;
}

/** One panel of the dashboard, with its heading, its loading state, and its problem. */
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

/** Appears only after a delay, so that quick responses do not flash it. */
function Loading({ what }: { what: string }) {
  const { feed } = useDashboard();
  const { phase } = useStore(feed.state);
  return (
    <p class="empty loading" data-testid="admin-loading">
      {phase === "live" ? `Loading ${what}…` : `The server is not connected. You will see ${what} as soon as it is.`}
    </p>
  );
}
