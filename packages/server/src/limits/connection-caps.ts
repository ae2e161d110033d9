import type { RealtimeSocket } from "../edge/socket.ts";
import { Refusal } from "../refusal.ts";

/** Time that a client over its cap waits before it tries again; a closed tab frees a place at any moment. */
const retryAfterMs = 10_000;

/** How many may have a seat, and the setting that a refused person's developer should look at. */
export interface ConnectionCap {
  readonly cap: number;
  readonly setting: string;
}

/**
 * Takes one of a place's seats in a namespace by joining its room, which is the only count there is, and joins `rooms`.
 * Nothing is awaited between counting and joining, so that connections arriving at once cannot pass together.
 * Socket.IO makes a socket leave its rooms when a later guard refuses it.
 * @throws Refusal `too_many_connections`
 */
export function takeConnectionPlace(
  socket: RealtimeSocket,
  place: string,
  { cap, setting }: ConnectionCap,
  rooms: readonly string[],
): void | Promise<void> {
  const open = socket.nsp.adapter.rooms.get(place)?.size ?? 0;
  if (open >= cap) throw new Refusal("too_many_connections", { retryAfterMs, hint: `${setting} is ${cap}.` });
  return socket.join([place, ...rooms]);
}
