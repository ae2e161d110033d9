import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import { durationWords, etaWords } from "../words.ts";

/** The progress of a task, as a bar and in words; after its end, the outcome. */
export function TaskProgress({ task }: { task: TaskSnapshot }) {
  if (isFinal(task.status)) return <p class="task-words">{endWords(task)}</p>;
  return (
    <div class="task-progress">
      <progress aria-label={`Progress of ${task.title}`} max={100} value={task.percent ?? undefined} />
      <p class="task-words">
        <span data-testid="task-step">{stepWords(task)}</span>
        {task.percent !== null && <span class="task-percent">{Math.floor(task.percent)} %</span>}
      </p>
    </div>
  );
}

function stepWords({ status, step, message, current, total, eta_seconds }: TaskSnapshot): string {
  if (status === "queued") return "Waiting in the queue";
  const parts = [step ?? message ?? "Working"];
  if (current !== null && total !== null) parts.push(`${current} of ${total}`);
  if (eta_seconds !== null) parts.push(etaWords(eta_seconds));
  return parts.join(" · ");
}

function endWords({ status, current, total, error, started_at, updated_at }: TaskSnapshot): string {
  if (status === "failed") return error?.message ?? "The task failed without giving a reason.";
  const count = current === null || total === null ? null : `${current} of ${total}`;
  if (status === "cancelled") return count ? `Stopped after ${count}` : "Stopped";
  const seconds = started_at === null ? null : (Date.parse(updated_at) - Date.parse(started_at)) / 1000;
  const time = seconds === null ? "" : ` in ${durationWords(Math.max(1, seconds))}`;
  return count ? `${count}${time}` : `Finished${time}`;
}
