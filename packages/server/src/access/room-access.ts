import { namespaces, rooms } from "@signalbox/protocol";
import type { Principal } from "../ports.ts";
import { Refusal } from "../refusal.ts";

/** The application's answer to "may this principal join this room by name?". */
export type RoomAccess = (roomId: string, principal: Principal) => boolean | Promise<boolean>;

const managedNames: ReadonlySet<string> = new Set(Object.values(rooms));

/** Rooms that the server fills itself. Nobody joins or leaves them by name, whatever an application's rule says. */
function isManaged(roomId: string): boolean {
  return managedNames.has(roomId) || roomId.startsWith("user:") || roomId.startsWith("task:");
}

/**
 * Refuses with `room_forbidden` unless the application opens the room; without a rule no room is open.
 * A room that does not exist answers the same, so that names cannot be probed.
 */
export async function requireRoomAccess(
  roomId: string,
  by: { readonly principal: Principal },
  rule: RoomAccess | undefined,
): Promise<void> {
  if (isManaged(roomId)) {
    throw new Refusal("room_forbidden", { hint: `"${roomId}" on ${namespaces.user} is filled by the server itself.` });
  }
  const { principal } = by;
  if (rule === undefined || !(await rule(roomId, principal))) {
    throw new Refusal("room_forbidden", { hint: "createRealtime's `roomAccess` decides which rooms a user may join." });
  }
  // The answer was for a role that is no longer theirs: an administrator demoted while the rule was looking.
  if (by.principal.role !== principal.role) await requireRoomAccess(roomId, by, rule);
}
