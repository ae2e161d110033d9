import { isFinal, isNewer, type TaskSnapshot, taskStatuses } from "@signalbox/protocol";
import type { Readable } from "../store.ts";
import type { Section } from "./feed.ts";
import { createLatest } from "./latest.ts";

interface TasksState {
  /** The tasks that match the filter: unfinished first, then newest first. */
  readonly tasks: readonly TaskSnapshot[];
  readonly filter: string;
  readonly phase: "loading" | "ready";
  readonly problem: string | null;
}

export interface AdminTasksStore {
  readonly state: Readable<TasksState>;
  read(): void;
  search(filter: string): void;
}

/** Rows that the page keeps: more than any user reads, and a bound on its memory. */
const maxTasks = 2000;
const pageLimit = 500;

const unfinished = taskStatuses.filter((status) => !isFinal(status));

/** The tasks of all users. Lists and pushed updates are merged by version, so the order of arrival does not matter. */
export function openTasks(section: Section): AdminTasksStore {
  const state = section.keep<TasksState>({ tasks: [], filter: "", phase: "loading", problem: null });
  const ask = createLatest(section, (problem) => state.patch({ problem }));
  let known = new Map<string, TaskSnapshot>();
  /** Updates since the list was requested: the response may contain deleted tasks, and lack new ones. */
  let since = new Map<string, TaskSnapshot | null>();

  section.onBatch(({ tasks = [], removed_tasks = [] }) => {
    if (tasks.length === 0 && removed_tasks.length === 0) return;
    for (const task of tasks) {
      since.set(task.task_id, task);
      accept(task);
    }
    for (const id of removed_tasks) {
      since.set(id, null);
      known.delete(id);
    }
    show();
  });
  section.onOpen(read);

  function read(): void {
    since = new Map();
    void ask(readAll, (rows) => {
      known = new Map();
      for (const task of rows) if (since.get(task.task_id) !== null) accept(task);
      for (const task of since.values()) if (task !== null) accept(task);
      show({ phase: "ready", problem: null });
    });
  }

  /** Lists are sorted newest first, and long-running tasks may be far down: they are requested by status. */
  async function readAll(): Promise<TaskSnapshot[]> {
    const { filter } = state.get();
    if (filter !== "") return (await readPages(filter, maxTasks)).rows;
    const newest = await readPages("", pageLimit);
    if (newest.isAll) return newest.rows;
    const active = await Promise.all(unfinished.map((status) => readPages(status, maxTasks)));
    return [newest, ...active].flatMap(({ rows }) => rows);
  }

  async function readPages(filter: string, enough: number): Promise<{ rows: TaskSnapshot[]; isAll: boolean }> {
    const rows: TaskSnapshot[] = [];
    let after: string | undefined;
    do {
      const page = await section.request("list_tasks", { filter, limit: pageLimit, after });
      rows.push(...page.rows);
      after = page.next ?? undefined;
    } while (after !== undefined && rows.length < enough);
    return { rows, isAll: after === undefined };
  }

  function accept(task: TaskSnapshot): void {
    if (isNewer(task, known.get(task.task_id))) known.set(task.task_id, task);
  }

  function show(news: Partial<TasksState> = {}): void {
    const needle = (news.filter ?? state.get().filter).toLowerCase();
    const sorted = [...known.values()].sort(byNeed).slice(0, maxTasks);
    known = new Map(sorted.map((task) => [task.task_id, task]));
    state.patch({ ...news, tasks: sorted.filter((task) => textOf(task).includes(needle)) });
  }

  return {
    state,
    read,
    search(filter) {
      show({ filter });
      read();
    },
  };
}

function byNeed(a: TaskSnapshot, b: TaskSnapshot): number {
  const [aEnded, bEnded] = [isFinal(a.status), isFinal(b.status)];
  return aEnded === bEnded ? b.created_at.localeCompare(a.created_at) : Number(aEnded) - Number(bEnded);
}

/** The text that the server searches, applied to tasks that the server pushes. */
const textOf = ({ task_id, title, kind, owner_id, status }: TaskSnapshot): string =>
  [task_id, title, kind, owner_id, status].join("\n").toLowerCase();
