import { isFinal } from "@signalbox/protocol";
import { CancelButton } from "../parts/cancel-button.tsx";
import { Moment } from "../parts/moment.tsx";
import { Page } from "../parts/page.tsx";
import { ProblemLine } from "../parts/problem-line.tsx";
import { Results } from "../parts/results.tsx";
import { StatusBadge } from "../parts/status-badge.tsx";
import { TaskProgress } from "../parts/task-progress.tsx";
import { useStore } from "../store.ts";
import { useLoad } from "../use-problem.ts";
import { useWorkspace } from "../workspace.ts";

export function TaskPage({ taskId }: { taskId: string }) {
  const { tasks } = useWorkspace();
  const state = useStore(tasks.state);
  const missing = useLoad(() => tasks.follow(taskId), [tasks, taskId]);

  const task = state.tasks.get(taskId);
  if (!task) {
    return (
      <Page title="Task" back>
        {missing ? <p data-testid="task-missing">{missing}</p> : <p class="empty">Loading the task…</p>}
      </Page>
    );
  }
  const ended = isFinal(task.status);
  return (
    <Page title={task.title} back aside={<StatusBadge status={task.status} />}>
      <ProblemLine problem={state.problem} onDismiss={tasks.dismissProblem} />
      <section class="panel" aria-label="Progress" data-testid="task" data-task-id={taskId} data-status={task.status}>
        <TaskProgress task={task} />
        <div class="task-foot">
          <p class="hint">
            Created <Moment at={task.created_at} />
          </p>
          {!ended && <CancelButton task={task} />}
        </div>
      </section>
      {ended && task.kind === "batch" && <Results taskId={taskId} status={task.status} />}
    </Page>
  );
}
