import { userRoom } from "@signalbox/protocol";
import type { RealtimeSocket } from "../edge/socket.ts";
import { Refusal } from "../refusal.ts";

/** Time that a client over its cap waits before it tries again; a closed tab frees a place at any moment. */
const retryAfterMs = 10_000;

/**
 * Takes one of a user's places in a namespace by joining the user's room, which is the only count there is.
 * Nothing is awaited between counting and joining, so that connections arriving at once cannot pass together.
 * Socket.IO makes a socket leave its rooms when a later guard refuses it.
 * @throws Refusal `too_many_connections`
 */
export function takeConnectionPlace(socket: RealtimeSocket, userId: string, cap: number, setting: string): void {
  const room = userRoom(userId);
  const open = socket.nsp.adapter.rooms.get(room)?.size ?? 0;
  if (open >= cap) throw new Refusal("too_many_connections", { retryAfterMs, hint: `${setting} is ${cap}.` });
  void socket.join(room);
}
