import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import { Link } from "../router.tsx";
import { CancelButton } from "./cancel-button.tsx";
import { Moment } from "./moment.tsx";
import { StatusBadge } from "./status-badge.tsx";
import { TaskProgress } from "./task-progress.tsx";

export function TaskCard({ task }: { task: TaskSnapshot }) {
  return (
    <li class="panel task-card" data-testid="task-card" data-task-id={task.task_id} data-status={task.status}>
      <div class="task-head">
        <h3>
          <Link href={`/tasks/${task.task_id}`}>{task.title}</Link>
        </h3>
        <StatusBadge status={task.status} />
      </div>
      <TaskProgress task={task} />
      <div class="task-foot">
        <Moment at={task.created_at} />
        {!isFinal(task.status) && <CancelButton task={task} />}
      </div>
    </li>
  );
}
