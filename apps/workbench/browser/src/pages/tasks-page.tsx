import { useEffect } from "preact/hooks";
import { DropZone } from "../parts/drop-zone.tsx";
import { Page } from "../parts/page.tsx";
import { PracticeForm } from "../parts/practice-form.tsx";
import { ProblemLine } from "../parts/problem-line.tsx";
import { TaskCard } from "../parts/task-card.tsx";
import { useStore } from "../store.ts";
import { useWorkspace } from "../workspace.ts";

export function TasksPage() {
  const { tasks } = useWorkspace();
  const { problem } = useStore(tasks.state);
  useEffect(() => void tasks.load(), [tasks]);
  return (
    <Page title="My tasks">
      <ProblemLine problem={problem} onDismiss={tasks.dismissProblem} />
      <DropZone />
      <PracticeForm />
      <h2>All tasks</h2>
      <TaskList />
    </Page>
  );
}

function TaskList() {
  const { tasks, userId } = useWorkspace();
  const { phase, tasks: known } = useStore(tasks.state);
  // The store also contains tasks of other users that an administrator has viewed.
  const mine = [...known.values()]
    .filter((task) => task.owner_id === userId)
    .sort((a, b) => b.created_at.localeCompare(a.created_at));

  if (mine.length > 0) {
    return (
      <ul class="task-list" data-testid="task-list">
        {mine.map((task) => (
          <TaskCard key={task.task_id} task={task} />
        ))}
      </ul>
    );
  }
  if (phase === "loading") return <p class="empty">Loading your tasks…</p>;
  if (phase === "ready") {
    return (
      <p class="empty" data-testid="no-tasks">
        Nothing here yet. Drop some images above, and their progress appears in this place.
      </p>
    );
  }
  return (
    <div class="empty" data-testid="tasks-failed">
      <p>Your tasks could not be read.</p>
      <button type="button" onClick={() => void tasks.load()}>
        Try again
      </button>
    </div>
  );
}
