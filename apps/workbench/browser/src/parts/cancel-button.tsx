import type { TaskSnapshot } from "@signalbox/protocol";
import { useState } from "preact/hooks";
import { useWorkspace } from "../workspace.ts";

/**
 * Requests the cancellation of a running task. The task itself reports when it has ended: work stops between two steps.
 */
export function CancelButton({ task }: { task: TaskSnapshot }) {
  const { tasks } = useWorkspace();
  const [asked, setAsked] = useState(false);

  async function cancel(): Promise<void> {
    setAsked(true);
    if (!(await tasks.cancel(task.task_id))) setAsked(false);
  }

  return (
    <button
      type="button"
      data-testid="cancel-task"
      aria-label={`Cancel ${task.title}`}
      disabled={asked}
      onClick={() => void cancel()}
    >
      {asked ? "Cancelling…" : "Cancel"}
    </button>
  );
}
