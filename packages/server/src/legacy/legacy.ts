import { namespaces, taskRoom } from "@signalbox/protocol";
import type { RealtimeServer } from "../edge/socket.ts";

/** The ancestor's way of broadcasting, for server code that is being moved over piece by piece. */
export interface Legacy {
  /**
   * Emits an event to a room of `/`, or to everybody on `/` without one.
   * A bare task id as room means that task's room: the ancestor joined `<task>` but broadcast to `task_<task>`, so
   * `task_<task>` is understood as well.
   */
  emit(event: string, data: unknown, to?: { room?: string }): void;
}

/** @param hasTask - whether an id names a task that is known on this node */
export function createLegacy(io: RealtimeServer, hasTask: (taskId: string) => boolean): Legacy {
  return {
    emit(event, data, { room } = {}) {
      const users = io.of(namespaces.user);
      if (room === undefined) users.emit(event, data);
      else users.to(roomOf(room)).emit(event, data);
    },
  };

  function roomOf(room: string): string {
    const taskId = room.replace(/^task_/, "");
    return hasTask(taskId) ? taskRoom(taskId) : room;
  }
}
