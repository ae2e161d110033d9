import type { AdminClient, NamespaceState } from "@signalbox/client";
import {
  type AdminAlert,
  type BlockRow,
  type ConnectionRow,
  isNewer,
  type SecurityEvent,
  type SystemMetrics,
  type TaskSnapshot,
} from "@signalbox/protocol";
import { sentenceOf } from "./http.ts";
import { createStore, type Readable } from "./store.ts";

export interface AdminState {
  /** `stale`: the connection is gone, what is shown may be old. `denied`: not, or no longer, an administrator. */
  readonly phase: "connecting" | "live" | "stale" | "denied";
  readonly connections: readonly ConnectionRow[];
  /** How many there are in all; more than are listed on a busy server. */
  readonly connectionTotal: number;
  readonly tasks: ReadonlyMap<string, TaskSnapshot>;
  /** Newest first. */
  readonly securityEvents: readonly SecurityEvent[];
  /** Who is kept out at this moment. */
  readonly blocks: readonly BlockRow[];
  readonly metrics: SystemMetrics | null;
  readonly alert: AdminAlert["alert"] | null;
  /** Why the feed ended, or a command was refused. */
  readonly problem: string | null;
}

export interface AdminStore {
  readonly state: Readable<AdminState>;
  disconnectUser(userId: string, reason: string): Promise<void>;
  revokeSession(sessionRef: string): Promise<void>;
  cancelTask(taskId: string): Promise<void>;
  liftBlock(block: Pick<BlockRow, "subject" | "id">): Promise<void>;
  close(): void;
}

/** Rows that a page keeps of each list: enough to look at, and a bound on its memory. */
const rowLimit = 200;

const nothing: AdminState = {
  phase: "connecting",
  connections: [],
  connectionTotal: 0,
  tasks: new Map(),
  securityEvents: [],
  blocks: [],
  metrics: null,
  alert: null,
  problem: null,
};

/**
 * The administrators' feed, from now until `close`.
 * @param onDenied - told when the server no longer takes this user for an administrator
 */
export function openAdminStore(admin: AdminClient, onDenied: () => void): AdminStore {
  const state = createStore<AdminState>(nothing);
  let blockEnds: ReturnType<typeof setTimeout> | undefined;

  const stops = [
    admin.onStatus(follow),
    admin.on("connections_update", () => void run(readConnections)),
    admin.on("job_update", ({ job }) => acceptTasks([job])),
    admin.on("security_event", (event) => {
      acceptSecurityEvents([event]);
      if (event.type === "blocked" || event.event === "lift_block") void run(readBlocks);
    }),
    admin.on("system_metrics_update", ({ metrics }) => acceptMetrics(metrics)),
    admin.on("admin_alert", ({ alert }) => state.patch({ alert })),
  ];
  follow(admin.status());

  return {
    state,
    disconnectUser: (user_id, reason) => run(() => admin.request("disconnect_user", { user_id, reason })),
    revokeSession: (session_ref) => run(() => admin.request("revoke_session", { session_ref })),
    cancelTask: (task_id) => run(async () => acceptTasks([(await admin.request("cancel_task", { task_id })).task])),
    liftBlock: (block) =>
      run(async () => {
        await admin.request("lift_block", block);
        await readBlocks();
      }),
    close() {
      clearTimeout(blockEnds);
      for (const stop of stops) stop();
      admin.close();
    },
  };

  function follow({ status, diagnosis }: NamespaceState): void {
    if (!isOpen()) return;
    if (status === "open") {
      state.patch({ phase: "live", problem: null });
      void run(() => Promise.all([readConnections(), readTasks(), readSecurityEvents(), readBlocks()]));
    } else if (status === "refused" && diagnosis?.code === "forbidden") {
      deny(state.get().phase === "connecting" ? diagnosis.message : "You are no longer an administrator.");
    } else if (state.get().phase !== "connecting") {
      state.patch({ phase: "stale", problem: diagnosis?.message ?? null });
    }
  }

  /** Nothing that only administrators may see stays on the page. */
  function deny(problem: string): void {
    state.set({ ...nothing, phase: "denied", problem });
    onDenied();
  }

  async function run(request: () => Promise<unknown>): Promise<void> {
    try {
      await request();
    } catch (error) {
      if (admin.status().status === "open") state.patch({ problem: sentenceOf(error) });
    }
  }

  /** Only this count tells that connections have become slow, wait with more or less, or have caught up. */
  function acceptMetrics(metrics: SystemMetrics): void {
    const slowBefore = state.get().metrics?.slow_connections ?? 0;
    state.patch({ metrics });
    if (slowBefore > 0 || metrics.slow_connections > 0) void run(readConnections);
  }

  async function readConnections(): Promise<void> {
    const { rows, total } = await admin.request("list_connections", { limit: rowLimit });
    if (isOpen()) state.patch({ connections: rows, connectionTotal: total });
  }

  /** Blocks end by themselves, without a word: the list is read again when the next one does. */
  async function readBlocks(): Promise<void> {
    const { rows } = await admin.request("list_blocks", { limit: rowLimit });
    if (!isOpen()) return;
    state.patch({ blocks: rows });
    clearTimeout(blockEnds);
    const next = Math.min(...rows.map(({ until }) => Date.parse(until)));
    if (Number.isFinite(next)) blockEnds = setTimeout(() => void run(readBlocks), Math.max(next - Date.now(), 0) + 500);
  }

  async function readTasks(): Promise<void> {
    acceptTasks((await admin.request("list_tasks", { limit: rowLimit })).rows);
  }

  async function readSecurityEvents(): Promise<void> {
    acceptSecurityEvents((await admin.request("list_security_events", { limit: rowLimit })).rows);
  }

  function acceptTasks(changed: readonly TaskSnapshot[]): void {
    if (!isOpen()) return;
    const tasks = new Map(state.get().tasks);
    for (const task of changed) if (isNewer(task, tasks.get(task.task_id))) tasks.set(task.task_id, task);
    const newest = [...tasks.values()].sort((a, b) => b.created_at.localeCompare(a.created_at)).slice(0, rowLimit);
    state.patch({ tasks: new Map(newest.map((task) => [task.task_id, task])) });
  }

  /** A folded event comes again under its id with a higher count. */
  function acceptSecurityEvents(events: readonly SecurityEvent[]): void {
    if (!isOpen()) return;
    const byId = new Map(state.get().securityEvents.map((event) => [event.id, event]));
    for (const event of events) if (event.count >= (byId.get(event.id)?.count ?? 0)) byId.set(event.id, event);
    const newest = [...byId.values()].sort((a, b) => b.at.localeCompare(a.at)).slice(0, rowLimit);
    state.patch({ securityEvents: newest });
  }

  /** An answer that was under way while the rights were lost is not shown. */
  function isOpen(): boolean {
    return state.get().phase !== "denied";
  }
}
