import { namespaces, rooms, type TaskSnapshot, taskRoom } from "@signalbox/protocol";
import type { AppContext } from "../app/app-context.ts";
import type { TaskControl, TaskExchange, TaskStore } from "../core/ports.ts";
import type { Sockets } from "../socket-io/module.ts";
import type { RealtimeNamespace } from "../socket-io/socket.ts";
import { createProgressDelivery } from "./progress-delivery.ts";
import { createProgressFeed } from "./progress-feed.ts";
import { createTaskRegistry, type ProgressHub } from "./task-registry.ts";

export interface Tasks {
  readonly registry: ProgressHub;
  /** How the application cancels a task; undefined when it cannot. */
  readonly control: TaskControl | undefined;
}

interface TasksOptions {
  readonly sockets: Sockets;
  readonly control: TaskControl | undefined;
  /** Undefined for an application of one node. */
  readonly nodes: { readonly tasks: TaskExchange; serve(store: TaskStore): void } | undefined;
}

/** Creates the registry of tasks and sends their states to the sockets that watch them. */
export function createTasks(app: AppContext, { sockets, control, nodes }: TasksOptions): Tasks {
  const { config, clock, log, store, metrics, lifecycle } = app;
  const { io, writeBatcher, backpressure } = sockets;
  const registry = createTaskRegistry({ store: store.tasks, exchange: nodes?.tasks, clock, log });
  const flushMs = config.progressFlush;
  const publisher = createProgressDelivery({
    io,
    writeBatcher,
    backpressure,
    clock,
    flushMs,
    maxTasks: config.progressTickTasks,
    maxBytes: config.progressTickBytes,
  });
  const feed = createProgressFeed({ hub: registry, publisher, clock, flushMs });
  const debug = app.debug("tasks");
  if (debug !== undefined) {
    const write = ({ task_id, version, status, percent }: TaskSnapshot): void =>
      debug({ task_id, version, status, percent }, "Task changed.");
    registry.subscribe({ created: write, changed: write, ended: write });
  }
  metrics.observe({ tasks: registry.counts });
  if (nodes !== undefined) {
    nodes.serve(store.tasks);
    followWatchedTasks(nodes.tasks, io.of(namespaces.user), io.of(namespaces.admin));
  }
  lifecycle.onClose(async () => {
    feed.close();
    await registry.close();
  });
  return { registry, control };
}

/** Follows a task on other nodes while its room has a member: Socket.IO's rooms are the list of watchers. */
function followWatchedTasks(exchange: TaskExchange, user: RealtimeNamespace, admin: RealtimeNamespace): void {
  const prefix = taskRoom("");
  const showAll = [
    [user, rooms.legacyAdminDashboard],
    [admin, rooms.adminGeneral],
    [admin, rooms.adminBatch],
  ] as const;
  const isShowingAll = (): boolean => showAll.some(([namespace, room]) => namespace.adapter.rooms.has(room));

  for (const namespace of [user, admin]) {
    namespace.adapter.on("create-room", (room: string) => {
      if (namespace === user && room.startsWith(prefix)) exchange.follow(room.slice(prefix.length));
      else if (isShowingAll()) exchange.followAll(true);
    });
    namespace.adapter.on("delete-room", (room: string) => {
      if (namespace === user && room.startsWith(prefix)) exchange.unfollow(room.slice(prefix.length));
      else if (!isShowingAll()) exchange.followAll(false);
    });
  }
}
