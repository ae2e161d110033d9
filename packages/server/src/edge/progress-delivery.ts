import { finalEvents, isFinal, namespaces, taskRoom } from "@signalbox/protocol";
import type { Clock, ProgressPublisher } from "../ports.ts";
import type { Backlogs } from "./backlogs.ts";
import { createProgressMessage, type ProgressMessage } from "./message.ts";
import type { Outbox } from "./outbox.ts";
import type { RealtimeServer, RealtimeSocket } from "./socket.ts";

interface ProgressDeliveryOptions {
  readonly io: RealtimeServer;
  readonly outbox: Outbox;
  readonly backlogs: Backlogs;
  readonly clock: Clock;
  /** How long what was held back waits for its next try. */
  readonly flushMs: number;
  /** What one client is sent in one tick at the most; the rest follows in the next. */
  readonly maxTasks: number;
  readonly maxBytes: number;
}

/**
 * Sends the state of tasks to those who watch them, who are the members of the task's room. Each state is encoded once.
 * What cannot be sent to somebody now, because they do not keep up or have had their share of this tick, is held back:
 * the latest state of each task, and nothing else, waits for the tick in which they can take it.
 */
export function createProgressDelivery(options: ProgressDeliveryOptions): ProgressPublisher {
  const { io, outbox, backlogs, clock } = options;
  const held = new Map<RealtimeSocket, Map<string, ProgressMessage>>();
  let stop: (() => void) | undefined;

  function* watchersOf(taskId: string): Generator<RealtimeSocket> {
    const { adapter, sockets } = io.of(namespaces.user);
    for (const id of adapter.rooms.get(taskRoom(taskId)) ?? []) {
      const socket = sockets.get(id);
      if (socket !== undefined) yield socket;
    }
  }

  function give(socket: RealtimeSocket, taskId: string, message: ProgressMessage): void {
    if (mayTake(socket)) {
      held.get(socket)?.delete(taskId);
      outbox.add(socket.conn, socket.data.acceptsBatch ? message.joinable : message.plain);
      return;
    }
    const states = held.get(socket) ?? new Map<string, ProgressMessage>();
    states.set(taskId, message);
    held.set(socket, states);
    stop ??= clock.every(options.flushMs, retry);
  }

  function mayTake({ conn }: RealtimeSocket): boolean {
    if (backlogs.isSlow(conn)) return false;
    const waiting = outbox.waiting(conn);
    if (waiting === undefined) return true;
    return waiting.length < options.maxTasks && waiting.size < options.maxBytes;
  }

  function retry(): void {
    const before = [...held];
    held.clear();
    for (const [socket, states] of before) {
      for (const [taskId, message] of states) if (socket.rooms.has(taskRoom(taskId))) give(socket, taskId, message);
    }
    if (held.size > 0) return;
    stop?.();
    stop = undefined;
  }

  return {
    watched: (taskId) => io.of(namespaces.user).adapter.rooms.has(taskRoom(taskId)),
    send(task) {
      const message = createProgressMessage(task);
      for (const socket of watchersOf(task.task_id)) give(socket, task.task_id, message);
    },
    finish(task) {
      if (!isFinal(task.status)) return;
      for (const socket of watchersOf(task.task_id)) held.get(socket)?.delete(task.task_id);
      const room = io.of(namespaces.user).to(taskRoom(task.task_id));
      room.emit(finalEvents[task.status], task);
      room.socketsLeave(taskRoom(task.task_id));
    },
    close() {
      stop?.();
      held.clear();
    },
  };
}
