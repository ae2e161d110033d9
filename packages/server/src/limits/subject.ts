import { userRoom } from "@signalbox/protocol";
import type { Principal } from "../core/ports.ts";
import { addressBucket } from "../http/client-address.ts";

/** No client can name a room with a slash. */
const guestPlaces = "guests/";

/** Where visitors without a session are counted: everybody at their address. */
export const guestSubject = (ip: string): string => `${guestPlaces}${addressBucket(ip)}`;

/**
 * Whom limits count for: the user; for guests, who are somebody new with each connection, everybody at their address.
 * The text is the name of a room.
 */
export const limitSubject = ({ userId, session }: Principal, ip: string): string =>
  session === null ? guestSubject(ip) : userRoom(userId);

/** Whether a room is there to count guests only, and shown to no client: its name has an address in it. */
export const isGuestSubject = (room: string): boolean => room.startsWith(guestPlaces);

/** Whether a room is a place that limits count for. */
export const isLimitSubject = (room: string): boolean => room.startsWith(userRoom("")) || isGuestSubject(room);

/** A place as administrators see it: a user, or an address. */
export interface Subject {
  readonly subject: "user" | "address";
  readonly id: string;
}

export const subjectOfKey = (place: string): Subject =>
  isGuestSubject(place)
    ? { subject: "address", id: place.slice(guestPlaces.length) }
    : { subject: "user", id: place.slice(userRoom("").length) };

/** An address may be any of its network: administrators take it from a line of the log. */
export const keyOfSubject = ({ subject, id }: Subject): string =>
  subject === "user" ? userRoom(id) : guestSubject(id);
