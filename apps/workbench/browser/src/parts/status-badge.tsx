import type { TaskStatus } from "@signalbox/protocol";

const words: Record<TaskStatus, string> = {
  queued: "Waiting",
  running: "Running",
  completed: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};

export function StatusBadge({ status }: { status: TaskStatus }) {
  return <span class={`badge badge-${status}`}>{words[status]}</span>;
}
