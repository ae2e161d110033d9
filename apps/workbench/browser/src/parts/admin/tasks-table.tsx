import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import type { AdminStore } from "../../admin-store.ts";
import { Link } from "../../router.tsx";
import { plural } from "../../words.ts";
import { Moment } from "../moment.tsx";
import { StatusBadge } from "../status-badge.tsx";
import { TaskProgress } from "../task-progress.tsx";
import type { Question } from "./confirm-dialog.tsx";
import { type Column, DataTable } from "./data-table.tsx";

interface TasksTableProps {
  tasks: readonly TaskSnapshot[];
  /** What the owner is called, as far as known. */
  nameOf: (userId: string) => string;
  admin: AdminStore;
  ask: (question: Question) => void;
}

export function TasksTable({ tasks, nameOf, admin, ask }: TasksTableProps) {
  const cancelButton = (task: TaskSnapshot) => (
    <button
      type="button"
      data-testid="admin-cancel-task"
      aria-label={`Cancel ${task.title}`}
      onClick={() => ask(cancelQuestion(task, nameOf(task.owner_id), admin))}
    >
      Cancel
    </button>
  );
  const columns: Column<TaskSnapshot>[] = [
    { label: "Task", cell: (task) => <Link href={`/tasks/${task.task_id}`}>{task.title}</Link> },
    { label: "Owner", cell: (task) => <span title={task.owner_id}>{nameOf(task.owner_id)}</span>, class: "owner" },
    { label: "Status", cell: (task) => <StatusBadge status={task.status} /> },
    { label: "Progress", cell: (task) => <TaskProgress task={task} />, class: "wide" },
    { label: "Created", cell: (task) => <Moment at={task.created_at} /> },
    { label: "Actions", cell: (task) => (isFinal(task.status) ? null : cancelButton(task)), class: "row-actions" },
  ];
  const active = tasks.filter(({ status }) => !isFinal(status)).length;
  return (
    <DataTable
      title="Tasks"
      note={`${active} active, ${plural(tasks.length - active, "ended task")} shown`}
      columns={columns}
      rows={tasks}
      rowProps={({ task_id, status }) => ({
        key: task_id,
        "data-testid": "admin-task",
        "data-task-id": task_id,
        "data-status": status,
      })}
      empty="No task has been started."
      testId="admin-tasks"
    />
  );
}

const cancelQuestion = ({ task_id, title }: TaskSnapshot, owner: string, admin: AdminStore): Question => ({
  title: `Cancel “${title}”?`,
  text: `This is work of ${owner}. What is finished stays; the rest will not be done.`,
  action: "Cancel the task",
  proceed: () => admin.cancelTask(task_id),
});
