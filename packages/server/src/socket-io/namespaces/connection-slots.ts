import { Refusal } from "../../core/refusal.ts";
import { isLimitSubject } from "../../limits/subject.ts";
import type { RealtimeNamespace, RealtimeSocket } from "../socket.ts";

/** How long a client over its cap waits before it retries; a closed tab frees a slot at any moment. */
const hereRetryAfterMs = 10_000;

/** The same where a slot may be one of a node that has died: it is free within two seconds. */
const sharedRetryAfterMs = 1000;

/** Counts slots over all processes. */
export interface SlotCounter {
  /**
   * Registers the counts of the slots that this process has assigned. They are read whenever they must be written
   * again.
   */
  bind(taken: () => Iterable<readonly [subject: string, count: number]>): void;
  /**
   * Takes a slot. False at the cap; undefined when the shared count is unavailable, and each process counts for itself.
   */
  take(subject: string, cap: number): Promise<boolean | undefined>;
  leave(subject: string): void;
}

/** The maximum number of slots, and the setting that the developer should check after a refusal. */
export interface SlotLimit {
  readonly cap: number;
  readonly setting: string;
}

/**
 * Takes one of a subject's slots in a namespace by joining its room, which is the only count there is on a node, and
 * joins `rooms`. Nothing is awaited between counting and joining, so that connections arriving at once cannot pass
 * together. With other nodes, their slots count as well; such a slot is freed when the room is left. Socket.IO makes a
 * socket leave its rooms when a later guard refuses it, or when the connection has closed meanwhile.
 * @throws Refusal `too_many_connections`
 */
export function takeConnectionSlot(
  socket: RealtimeSocket,
  subject: string,
  limit: SlotLimit,
  rooms: readonly string[],
  slots?: Pick<SlotCounter, "take">,
): void | Promise<void> {
  if (slots === undefined) return takeHere(socket, subject, limit, rooms);
  return slots.take(slotKey(socket.nsp.name, subject), limit.cap).then((taken) => {
    if (taken === false) throw tooMany(limit, sharedRetryAfterMs);
    return taken === undefined ? takeHere(socket, subject, limit, rooms) : socket.join([subject, ...rooms]);
  });
}

/** The key under which a slot is counted, for all nodes. */
export const slotKey = (namespace: string, subject: string): string => `${namespace} ${subject}`;

function takeHere(
  socket: RealtimeSocket,
  subject: string,
  limit: SlotLimit,
  rooms: readonly string[],
): void | Promise<void> {
  const open = socket.nsp.adapter.rooms.get(subject)?.size ?? 0;
  if (open >= limit.cap) throw tooMany(limit, hereRetryAfterMs);
  return socket.join([subject, ...rooms]);
}

const tooMany = ({ cap, setting }: SlotLimit, retryAfterMs: number): Refusal =>
  new Refusal("too_many_connections", { retryAfterMs, hint: `${setting} is ${cap}.` });

/** A slot is held by being in the room of its subject: leaving the room, for whatever reason, frees the slot. */
export function shareSlots(slots: Pick<SlotCounter, "leave">, namespace: RealtimeNamespace): void {
  namespace.adapter.on("leave-room", (room: string) => {
    if (isLimitSubject(room)) slots.leave(slotKey(namespace.name, room));
  });
}

/** The slots that this node has assigned. */
export function* slotsTaken(opened: Iterable<RealtimeNamespace>): Generator<readonly [key: string, count: number]> {
  for (const { name, adapter } of opened) {
    for (const [room, members] of adapter.rooms) if (isLimitSubject(room)) yield [slotKey(name, room), members.size];
  }
}
