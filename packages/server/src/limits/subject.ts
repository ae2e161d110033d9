import { userRoom } from "@signalbox/protocol";
import type { Principal } from "../core/ports.ts";
import { addressBucket } from "../http/client-address.ts";

/** No client can name a room with a slash. */
const guestPlaces = "guests/";

/** Where visitors without a session are counted: everybody at their address. */
export const guestPlace = (ip: string): string => `${guestPlaces}${addressBucket(ip)}`;

/**
 * Whom limits count for: the user; for guests, who are somebody new with each connection, everybody at their address.
 * The text is the name of a room.
 */
export const placeOf = ({ userId, session }: Principal, ip: string): string =>
  session === null ? guestPlace(ip) : userRoom(userId);

/** Whether a room is there to count guests only, and shown to no client: its name has an address in it. */
export const isGuestPlace = (room: string): boolean => room.startsWith(guestPlaces);

/** Whether a room is a place that limits count for. */
export const isPlace = (room: string): boolean => room.startsWith(userRoom("")) || isGuestPlace(room);

/** A place as administrators see it: a user, or an address. */
export interface Subject {
  readonly subject: "user" | "address";
  readonly id: string;
}

export const subjectOf = (place: string): Subject =>
  isGuestPlace(place)
    ? { subject: "address", id: place.slice(guestPlaces.length) }
    : { subject: "user", id: place.slice(userRoom("").length) };

/** An address may be any of its network: administrators take it from a line of the log. */
export const placeOfSubject = ({ subject, id }: Subject): string =>
  subject === "user" ? userRoom(id) : guestPlace(id);
