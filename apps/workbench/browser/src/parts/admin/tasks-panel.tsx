import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import { useDashboard, useFeed, useNames } from "../../admin/dashboard.ts";
import { cancelQuestion } from "../../admin/questions.ts";
import { openTasks } from "../../admin/tasks-store.ts";
import { Link } from "../../router.tsx";
import { useStore } from "../../store.ts";
import { plural } from "../../words.ts";
import { Moment } from "../moment.tsx";
import { StatusBadge } from "../status-badge.tsx";
import { TaskProgress } from "../task-progress.tsx";
import type { Column } from "./column.tsx";
import { Panel } from "./panel.tsx";
import { SearchField } from "./search-field.tsx";
import { VirtualTable } from "./virtual-table.tsx";

export function TasksPanel() {
  const { request, ask } = useDashboard();
  const nameOf = useNames();
  const { state, read, search } = useFeed(openTasks);
  const { tasks, filter, phase, problem } = useStore(state);
  const active = tasks.filter(({ status }) => !isFinal(status)).length;

  const columns: Column<TaskSnapshot>[] = [
    { label: "Task", cell: (task) => <Link href={`/tasks/${task.task_id}`}>{task.title}</Link> },
    { label: "Owner", cell: (task) => <span title={task.owner_id}>{nameOf(task.owner_id)}</span>, class: "cut" },
    { label: "Status", cell: (task) => <StatusBadge status={task.status} /> },
    { label: "Progress", cell: (task) => <TaskProgress task={task} />, class: "wide" },
    { label: "Created", cell: (task) => <Moment at={task.created_at} /> },
    {
      label: "Actions",
      class: "row-actions",
      cell: (task) =>
        !isFinal(task.status) && (
          <button
            type="button"
            data-testid="admin-cancel-task"
            aria-label={`Cancel ${task.title}`}
            onClick={() => ask(cancelQuestion(request, task, nameOf(task.owner_id)))}
          >
            Cancel
          </button>
        ),
    },
  ];

  return (
    <Panel
      title="Tasks"
      note={phase === "ready" ? `${active} active, ${plural(tasks.length - active, "ended task")} shown` : undefined}
      problem={problem}
      retry={read}
      waitsFor={phase === "loading" && "the tasks"}
    >
      <div class="filters">
        <SearchField name="tasks" label="Search" hint="Title, kind, owner’s id or status" onSearch={search} />
      </div>
      {phase === "ready" && tasks.length === 0 && (
        <p class="empty">{filter === "" ? "No task has been started." : "No task matches."}</p>
      )}
      {tasks.length > 0 && (
        <VirtualTable
          label="Tasks"
          columns={columns}
          widths="minmax(10rem, 1.5fr) minmax(7rem, 1fr) 7rem minmax(14rem, 2fr) 8rem 6.5rem"
          count={tasks.length}
          rowAt={(index) => tasks[index]}
          keyOf={({ task_id }) => task_id}
          rowProps={({ task_id, status }) => ({
            "data-testid": "admin-task",
            "data-task-id": task_id,
            "data-status": status,
          })}
          testId="admin-tasks"
        />
      )}
    </Panel>
  );
}
