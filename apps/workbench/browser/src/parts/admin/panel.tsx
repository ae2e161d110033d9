import type { ComponentChildren } from "preact";
import { useDashboard } from "../../admin/dashboard.ts";
import { useStore } from "../../store.ts";
import { ProblemLine } from "../problem-line.tsx";

interface PanelProps {
  title: string;
  /** Beside the title, such as how many rows there are. */
  note?: string | undefined;
  problem: string | null;
  children: ComponentChildren;
}

/** One part of the dashboard, with its heading and what went wrong in it. */
export function Panel({ title, note, problem, children }: PanelProps) {
  return (
    <div class="data">
      <div class="section-head">
        <h2>{title}</h2>
        {note !== undefined && <p class="hint">{note}</p>}
      </div>
      <ProblemLine problem={problem} />
      {children}
    </div>
  );
}

/** Shown until the first answer is here. Only those who wait get to read it. */
export function Loading({ what }: { what: string }) {
  const { feed } = useDashboard();
  const { phase } = useStore(feed.state);
  return (
    <p class="empty loading" data-testid="admin-loading">
      {phase === "live" ? `Loading ${what}…` : `The server is not connected. As soon as it is, ${what} appear here.`}
    </p>
  );
}
