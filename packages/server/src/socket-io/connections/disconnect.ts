import type { RefusalMessage } from "@signalbox/protocol";
import { isGuestSubject, limitSubject } from "../../limits/subject.ts";
import { withoutRights } from "../../sessions/principal.ts";
import { liveSockets, type RealtimeNamespace } from "../socket.ts";

/** Closes every connection of a user on this node. Returns how many sockets that were. */
export function disconnectUser(opened: readonly RealtimeNamespace[], userId: string): number {
  const sockets = [...liveSockets(opened)].filter(({ data }) => data.principal.userId === userId);
  for (const socket of sockets) socket.disconnect(true);
  return sockets.length;
}

/**
 * Ends the connections of a user who is blocked, each told why. Of guests only new ones are refused: those who are in may
 * be other people.
 */
export function disconnectBlocked(opened: readonly RealtimeNamespace[], blocked: string, why: RefusalMessage): void {
  if (isGuestSubject(blocked)) return;
  // In the next turn: the answer to the offence itself still leaves.
  setImmediate(() => {
    for (const socket of liveSockets(opened)) {
      if (limitSubject(socket.data.principal, socket.data.ip) !== blocked) continue;
      socket.data.principal = withoutRights(socket.data.principal);
      socket.emit("error", why);
      socket.disconnect(true);
    }
  });
}
