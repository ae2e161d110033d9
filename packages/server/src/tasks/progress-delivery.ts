import { finalEvents, isFinal, namespaces, taskRoom } from "@signalbox/protocol";
import type { Clock, ProgressPublisher } from "../core/ports.ts";
import { createSymbolProperty } from "../core/symbol-property.ts";
import type { Backpressure } from "../socket-io/delivery/backpressure.ts";
import { createProgressMessage, type ProgressMessage } from "../socket-io/delivery/encoded-packet.ts";
import type { WriteBatcher } from "../socket-io/delivery/write-batcher.ts";
import type { RealtimeServer, RealtimeSocket } from "../socket-io/socket.ts";
import { maySee } from "./task-access.ts";

interface ProgressDeliveryOptions {
  readonly io: RealtimeServer;
  readonly writeBatcher: WriteBatcher;
  readonly backpressure: Backpressure;
  readonly clock: Clock;
  /** Duration of a tick: after it every client may receive as much again, held-back states first. */
  readonly flushMs: number;
  /** Limits of what one client receives in one tick; the rest follows in the next. */
  readonly maxTasks: number;
  readonly maxBytes: number;
}

/** What a client has been sent in a tick. */
interface Share {
  /** The number of the tick. */
  tick: number;
  tasks: number;
  bytes: number;
}

/**
 * Sends the state of tasks to their watchers, who are the members of the task's room. Each state is encoded once. A
 * state is held back while its client does not keep up or has used its share of this tick. Only the latest state of
 * each task waits for the tick in which the client can take it.
 */
export function createProgressDelivery(options: ProgressDeliveryOptions): ProgressPublisher {
  const { io, writeBatcher, backpressure, clock } = options;
  const shares = createSymbolProperty<RealtimeSocket, Share>("share of the tick");
  const held = new Map<RealtimeSocket, Map<string, ProgressMessage>>();
  let stop: (() => void) | undefined;
  let ticks = 0;
  let isQuiet = true;

  function give(socket: RealtimeSocket, taskId: string, message: ProgressMessage): void {
    stop ??= clock.every(options.flushMs, tick);
    isQuiet = false;
    const waiting = held.size === 0 ? undefined : held.get(socket);
    // Waiting states go first, or a task that is reported last in each tick would wait for good.
    if (waiting === undefined && takeShare(socket, message)) return send(socket, message);
    held.set(socket, (waiting ?? new Map<string, ProgressMessage>()).set(taskId, message));
  }

  const send = ({ conn, data }: RealtimeSocket, { joinable, plain }: ProgressMessage): void =>
    writeBatcher.add(conn, data.acceptsBatch ? joinable : plain);

  function takeShare(socket: RealtimeSocket, { bytes }: ProgressMessage): boolean {
    if (backpressure.isSlow(socket.conn)) return false;
    const share = shares.of(socket);
    if (share === undefined) {
      shares.put(socket, { tick: ticks, tasks: 1, bytes });
      return true;
    }
    if (share.tick !== ticks) {
      share.tick = ticks;
      share.tasks = 0;
      share.bytes = 0;
    }
    if (share.tasks >= options.maxTasks || share.bytes >= options.maxBytes) return false;
    share.tasks += 1;
    share.bytes += bytes;
    return true;
  }

  function tick(): void {
    const stopsHere = isQuiet && held.size === 0;
    isQuiet = true;
    ticks += 1;
    for (const [socket, states] of held) {
      for (const [taskId, message] of states) {
        const watches = socket.rooms.has(taskRoom(taskId));
        if (watches && !takeShare(socket, message)) break;
        states.delete(taskId);
        if (watches) send(socket, message);
      }
      if (states.size === 0) held.delete(socket);
    }
    if (!stopsHere) return;
    stop?.();
    stop = undefined;
  }

  return {
    watched: (taskId) => io.of(namespaces.user).adapter.rooms.has(taskRoom(taskId)),
    send(task) {
      const message = createProgressMessage(task);
      const { adapter, sockets } = io.of(namespaces.user);
      for (const id of adapter.rooms.get(taskRoom(task.task_id)) ?? []) {
        const socket = sockets.get(id);
        if (socket !== undefined) give(socket, task.task_id, message);
      }
    },
    handOver(task) {
      const room = taskRoom(task.task_id);
      for (const socket of io.of(namespaces.user).sockets.values()) {
        if (socket.rooms.has(room) && !maySee(task, socket.data.principal)) void socket.leave(room);
      }
    },
    remove: (taskId) => io.of(namespaces.user).local.socketsLeave(taskRoom(taskId)),
    finish(task) {
      if (!isFinal(task.status)) return;
      // Each node receives the end and notifies its own clients.
      const room = io.of(namespaces.user).local.to(taskRoom(task.task_id));
      room.emit(finalEvents[task.status], task);
      room.socketsLeave(taskRoom(task.task_id));
    },
    close() {
      stop?.();
      held.clear();
    },
  };
}
