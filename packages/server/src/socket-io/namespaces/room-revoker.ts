import type { Clock, Log, Principal } from "../../core/ports.ts";
import { type RealtimeSocket, requestedRooms } from "../socket.ts";
import type { NamespaceDefinition } from "./define-namespace.ts";

/** How long an application's rule may take; after that the socket leaves the room. */
const judgeWithinMs = 5000;

/** Checks the rooms of live sockets again. */
export interface RoomRevoker {
  /**
   * Leaves the rooms in which the socket's principal may no longer be: at once where the rule answers at once.
   * @param before - the principal that the socket has had so far
   */
  judge(socket: RealtimeSocket, definition: NamespaceDefinition, before: Principal): void;
}

export function createRoomRevoker({ clock, log }: { readonly clock: Clock; readonly log: Log }): RoomRevoker {
  function judge(socket: RealtimeSocket, definition: NamespaceDefinition, before: Principal): void {
    leaveDefaults(socket, definition, before);
    if (definition.forfeits === undefined) return;
    for (const room of [...socket.rooms]) judgeRoom(socket, definition, room);
  }

  /** Leaves the rooms that the server has joined for rights that the socket no longer has. */
  function leaveDefaults(socket: RealtimeSocket, definition: NamespaceDefinition, before: Principal): void {
    const kept = new Set(defaults(definition, socket.data.principal));
    for (const room of defaults(definition, before)) {
      if (!kept.has(room) && !requestedRooms.has(socket, room)) void socket.leave(room);
    }
  }

  /** The frames that a client accepts depend on no rights, so both calls leave them out. */
  function defaults(definition: NamespaceDefinition, principal: Principal): readonly string[] {
    try {
      return definition.rooms(principal, []);
    } catch (error) {
      failed(error);
      return [];
    }
  }

  function judgeRoom(socket: RealtimeSocket, definition: NamespaceDefinition, room: string): void {
    const { principal } = socket.data;
    const forfeited = ask(() => definition.forfeits?.(room, principal, requestedRooms.has(socket, room)) ?? false);
    if (typeof forfeited === "boolean") return settle(forfeited);
    void inTime(forfeited).then(settle);

    function settle(isForfeited: boolean): void {
      if (!socket.rooms.has(room)) return;
      if (isForfeited) {
        requestedRooms.delete(socket, room);
        return void socket.leave(room);
      }
      // The answer was for rights that have changed since.
      if (socket.data.principal !== principal) judgeRoom(socket, definition, room);
    }
  }

  /** A rule that fails removes the member. */
  function ask(rule: () => boolean | Promise<boolean>): boolean | Promise<boolean> {
    try {
      const answer = rule();
      return typeof answer === "boolean" ? answer : Promise.resolve(answer).catch(failed);
    } catch (error) {
      return failed(error);
    }
  }

  function failed(error: unknown): true {
    log.error({ err: error }, "A rule on who may be in a room failed; the room is left.");
    return true;
  }

  function inTime(answer: Promise<boolean>): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = clock.after(judgeWithinMs, () => resolve(failed(new Error(`No answer in ${judgeWithinMs} ms.`))));
      void answer.then((isForfeited) => {
        cancel();
        resolve(isForfeited);
      });
    });
  }

  return { judge };
}
