import {
  type AdminAlert,
  type ConnectionRow,
  isNewer,
  type SecurityEvent,
  type SystemMetrics,
  type TaskSnapshot,
} from "@signalbox/protocol";
import { sentenceOf } from "./http.ts";
import { answered, type Realtime, refusalOf } from "./realtime.ts";
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
  metrics: null,
  alert: null,
  problem: null,
};

/**
 * The administrators' feed, from now until `close`.
 * @param onDenied - told when the server no longer takes this user for an administrator
 */
export function openAdminStore({ admin: socket, user }: Realtime, onDenied: () => void): AdminStore {
  const state = createStore<AdminState>(nothing);

  socket.on("connect", () => {
    state.patch({ phase: "live", problem: null });
    void run(async () => {
      await Promise.all([readConnections(), readTasks(), readSecurityEvents()]);
    });
  });
  socket.on("disconnect", () => {
    if (state.get().phase === "live") state.patch({ phase: "stale" });
  });
  socket.on("connect_error", (error) => {
    const refusal = refusalOf(error);
    if (refusal?.code === "forbidden") return deny(refusal.message);
    state.patch({ phase: "stale", problem: refusal?.message ?? null });
  });
  socket.on("session_ending", ({ reason }) => {
    if (reason === "role_changed") deny("You are no longer an administrator.");
  });
  socket.on("connections_update", () => void run(readConnections));
  socket.on("job_update", ({ job }) => acceptTasks([job]));
  socket.on("security_event", (event) => acceptSecurityEvents([event]));
  socket.on("system_metrics_update", ({ metrics }) => state.patch({ metrics }));
  socket.on("admin_alert", ({ alert }) => state.patch({ alert }));
  user.on("connect", reopen);
  reopen();

  return {
    state,
    disconnectUser: (user_id, reason) =>
      run(() => answered(socket.emitWithAck("disconnect_user", { user_id, reason }))),
    revokeSession: (session_ref) => run(() => answered(socket.emitWithAck("revoke_session", { session_ref }))),
    cancelTask: (task_id) =>
      run(async () => acceptTasks([(await answered(socket.emitWithAck("cancel_task", { task_id }))).task])),
    close() {
      user.off("connect", reopen);
      socket.removeAllListeners();
      socket.disconnect();
    },
  };

  /** After a loss of the network the socket comes back by itself; after a restart of the server it follows `user`. */
  function reopen(): void {
    if (isOpen() && !socket.active) socket.connect();
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
      if (socket.connected) state.patch({ problem: sentenceOf(error) });
    }
  }

  async function readConnections(): Promise<void> {
    const { rows, total } = await answered(socket.emitWithAck("list_connections", { limit: rowLimit }));
    if (isOpen()) state.patch({ connections: rows, connectionTotal: total });
  }

  async function readTasks(): Promise<void> {
    acceptTasks((await answered(socket.emitWithAck("list_tasks", { limit: rowLimit }))).rows);
  }

  async function readSecurityEvents(): Promise<void> {
    acceptSecurityEvents((await answered(socket.emitWithAck("list_security_events", { limit: rowLimit }))).rows);
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
