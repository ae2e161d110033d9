import { namespaces, taskRoom } from "@signalbox/protocol";
import type { RealtimeServer } from "../socket-io/socket.ts";

/** Flask-SocketIO's way of broadcasting, for server code that is migrated piece by piece. */
export interface Legacy {
  /**
   * Emits an event to a room of `/`, or to every client on `/` without a room.
   * A bare task id as room means that task's room: legacy code joined `<task>` but broadcast to `task_<task>`, so
   * `task_<task>` is understood as well.
   */
  emit(event: string, data: unknown, to?: { room?: string }): void;
}

export function createLegacyBroadcast(io: RealtimeServer): Legacy {
  return {
    emit(event, data, { room } = {}) {
      const users = io.of(namespaces.user);
      if (room === undefined) users.emit(event, data);
      else users.to(roomOf(room)).emit(event, data);
    },
  };

  /** Checks whether the task has watchers, not whether the task is known: a task without watchers needs no room. */
  function roomOf(room: string): string {
    const ofTask = taskRoom(room.replace(/^task_/, ""));
    return io.of(namespaces.user).adapter.rooms.has(ofTask) ? ofTask : room;
  }
}
