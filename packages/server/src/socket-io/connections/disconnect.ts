import { type RefusalMessage, userRoom } from "@signalbox/protocol";
import { isGuestSubject, limitSubject } from "../../limits/subject.ts";
import { withoutRights } from "../../sessions/principal.ts";
import { liveSockets, type RealtimeNamespace } from "../socket.ts";

/** How long other nodes may take to answer. */
const answerWithinMs = 1000;

/** Closes every connection of a user, on all nodes. Resolves with the number of sockets that were closed. */
export async function disconnectUser(opened: readonly RealtimeNamespace[], userId: string): Promise<number> {
  const room = userRoom(userId);
  const counts = opened.map(async (namespace) => {
    const ids = new Set((await everywhere(namespace, room)).map(({ id }) => id));
    // A guest is in no user's room.
    for (const socket of liveSockets([namespace])) {
      if (socket.data.principal.userId !== userId) continue;
      ids.add(socket.id);
      socket.disconnect(true);
    }
    namespace.in(room).disconnectSockets(true);
    return ids.size;
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** The signed-in users who are in a room on any node; on this one only, while the others do not answer. */
export async function membersOf(namespace: RealtimeNamespace, room: string): Promise<ReadonlySet<string>> {
  const sockets = await everywhere(namespace, room);
  return new Set(sockets.flatMap(({ data: { principal } }) => (principal?.session ? [principal.userId] : [])));
}

/** Nodes that do not answer in time are left out: this must work while they are in trouble. */
async function everywhere(namespace: RealtimeNamespace, room: string) {
  try {
    return await namespace.in(room).timeout(answerWithinMs).fetchSockets();
  } catch {
    return namespace.local.in(room).fetchSockets();
  }
}

/**
 * Closes the connections of a user who is blocked, and sends each the reason. For guests, the server refuses only new
 * connections: the existing ones may belong to other users.
 */
export function disconnectBlocked(opened: readonly RealtimeNamespace[], blocked: string, why: RefusalMessage): void {
  if (isGuestSubject(blocked)) return;
  // In the next turn, so that the answer to the offence itself is still sent.
  setImmediate(() => {
    for (const socket of liveSockets(opened)) {
      if (limitSubject(socket.data.principal, socket.data.ip) !== blocked) continue;
      socket.data.principal = withoutRights(socket.data.principal);
      socket.emit("error", why);
      socket.disconnect(true);
    }
  });
}
