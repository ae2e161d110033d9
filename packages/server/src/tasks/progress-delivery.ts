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
  /** How long a tick takes: then everybody may be sent as much again, what was held back first. */
  readonly flushMs: number;
  /** What one client is sent in one tick at the most; the rest follows in the next. */
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
 * Sends the state of tasks to those who watch them, who are the members of the task's room. Each state is encoded once.
 * What cannot be sent to somebody now, because they do not keep up or have had their share of this tick, is held back:
 * the latest state of each task, and nothing else, waits for the tick in which they can take it.
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
    // What waits goes first, or what is reported last in each tick would wait for good.
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
      // Each node hears of the end and tells its own.
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
