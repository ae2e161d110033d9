import { namespaces, rooms } from "@signalbox/protocol";
import type { Principal } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";

/** The application's answer to "may this principal join this room by name?". */
export type RoomAccess = (roomId: string, principal: Principal) => boolean | Promise<boolean>;

/** The socket that joins or leaves, as its requests see it. */
interface Member {
  readonly principal: Principal;
  readonly socketId: string;
  join(room: string): void | Promise<void>;
  leave(room: string): void | Promise<void>;
}

const managedNames: ReadonlySet<string> = new Set(Object.values(rooms));

/** Rooms that the server fills itself. No client joins or leaves them by name, whatever an application's rule says. */
function requireOpen(roomId: string, socketId: string): void {
  // Socket.IO's own room of a socket is named by its id.
  const isManaged =
    managedNames.has(roomId) || roomId.startsWith("user:") || roomId.startsWith("task:") || roomId === socketId;
  if (!isManaged) return;
  throw new Refusal("room_forbidden", { hint: `"${roomId}" on ${namespaces.user} is filled by the server itself.` });
}

/**
 * Joins a room by name, if the application allows it; without a rule no room is open.
 * A room that does not exist gets the same answer, so that names cannot be probed.
 * @throws Refusal `room_forbidden`
 */
export async function joinByName(roomId: string, by: Member, rule: RoomAccess | undefined): Promise<void> {
  requireOpen(roomId, by.socketId);
  let judged: Principal;
  do {
    judged = by.principal;
    if (rule === undefined || !(await rule(roomId, judged))) {
      throw new Refusal("room_forbidden", {
        hint: "createRealtime's `roomAccess` decides which rooms a user may join.",
      });
    }
    // The principal is replaced with each look-up of the session: the answer may be for rights that it no longer has.
  } while (by.principal !== judged);
  // In the same turn as the check: nothing happens in between.
  await by.join(roomId);
}

/**
 * Leaves a room by name, whatever the rule says by now.
 * @throws Refusal `room_forbidden` for a room that the server fills
 */
export async function leaveByName(roomId: string, by: Member): Promise<void> {
  requireOpen(roomId, by.socketId);
  await by.leave(roomId);
}
