import { userRoom } from "@signalbox/protocol";
import type { Principal } from "../core/ports.ts";
import { addressBucket } from "../http/client-address.ts";

/** Prefix of the rooms of guests. No client can name a room with a slash. */
const guestPlaces = "guests/";

/** The subject of visitors without a session: all guests at one address share it. */
export const guestSubject = (ip: string): string => `${guestPlaces}${addressBucket(ip)}`;

/**
 * The subject that limits count for. For a session it is the user. Guests have a new user id with each connection, so
 * all guests at one address share a subject. The text is the name of a room.
 */
export const limitSubject = ({ userId, session }: Principal, ip: string): string =>
  session === null ? guestSubject(ip) : userRoom(userId);

/** Whether a room only counts guests. No client may see such a room, because its name contains an address. */
export const isGuestSubject = (room: string): boolean => room.startsWith(guestPlaces);

/** Whether a room is a subject that limits count for. */
export const isLimitSubject = (room: string): boolean => room.startsWith(userRoom("")) || isGuestSubject(room);

/** A subject as administrators see it: a user, or an address. */
export interface Subject {
  readonly subject: "user" | "address";
  readonly id: string;
}

export const subjectOfKey = (place: string): Subject =>
  isGuestSubject(place)
    ? { subject: "address", id: place.slice(guestPlaces.length) }
    : { subject: "user", id: place.slice(userRoom("").length) };

/** An address may be any address of its network: administrators copy it from a line of the log. */
export const keyOfSubject = ({ subject, id }: Subject): string =>
  subject === "user" ? userRoom(id) : guestSubject(id);
