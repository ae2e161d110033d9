import { userRoom } from "@signalbox/protocol";
import type { RealtimeSocket } from "../edge/socket.ts";
import type { Principal } from "../ports.ts";
import { Refusal } from "../refusal.ts";
import { addressBucket } from "./client-address.ts";

/** Time that a client over its cap waits before it tries again; a closed tab frees a place at any moment. */
const retryAfterMs = 10_000;

/** How many may have a seat, and the setting that a refused person's developer should look at. */
export interface ConnectionCap {
  readonly cap: number;
  readonly setting: string;
}

/** No client can name a room with a slash. */
const guestPlaces = "guests/";

/**
 * Whom limits count for: the user; for guests, who are somebody new with each connection, everybody at their address.
 * The text is the name of a room.
 */
export const placeOf = ({ userId, session }: Principal, ip: string): string =>
  session === null ? `${guestPlaces}${addressBucket(ip)}` : userRoom(userId);

/** Whether a room is there to count guests only, and shown to no client: its name has an address in it. */
export const isGuestPlace = (room: string): boolean => room.startsWith(guestPlaces);

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
