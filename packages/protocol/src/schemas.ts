/**
 * Payload schemas of the client events, for the server's door. A subpath of its own, so that browsers do not load zod.
 * Every string and list has a bound: a payload costs its sender, not the server.
 */
import { z } from "zod";
import type { AdminRequests, LegacyRequests, UserRequests } from "./events.ts";

/** Letters, digits and `._:-`: safe in a room name, a log line and a URL. */
const characters = "must be 1 to 128 letters, digits or any of . _ : -";
const identifier = z
  .string()
  .min(1, characters)
  .max(128, characters)
  .regex(/^[\w.:-]*$/, characters);

/** A version as `since`: larger than any that a server sends is harmless, anything but a whole number is not. */
const version = z.int().nonnegative();

/** As the application makes them, such as an e-mail address: any characters, so whoever writes one down escapes it. */
const userId = z.string().min(1).max(128);

const page = z.object({
  after: z.string().max(256).optional(),
  limit: z.int().min(1).max(500).optional(),
  filter: z.string().max(256).optional(),
});

const task = z.object({ task_id: identifier });
const room = z.object({ room_id: identifier });
const nothing = z.object({});

export const userSchemas = {
  join_task: task.extend({ since: version.optional() }),
  leave_task: task,
  cancel_task: task,
  get_task_status: task,
  join_room: room,
  leave_room: room,
  check_connection: nothing,
} satisfies Record<keyof UserRequests, z.ZodType>;

/** The ancestor's clients send these without a payload; the event gate reads that as an empty one. */
export const legacySchemas = {
  join_admin_dashboard: nothing,
  leave_admin_dashboard: nothing,
} satisfies Record<keyof LegacyRequests, z.ZodType>;

export const adminSchemas = {
  list_connections: page,
  list_rooms: page,
  list_tasks: page,
  list_security_events: page,
  list_blocks: page,
  disconnect_user: z.object({ user_id: userId, reason: z.string().min(1).max(500) }),
  revoke_session: z.object({ session_ref: identifier }),
  cancel_task: task,
  lift_block: z.object({ subject: z.enum(["user", "address"]), id: userId }),
  check_connection: nothing,
} satisfies Record<keyof AdminRequests, z.ZodType>;

/** What a handshake may say about itself. Unknown fields are dropped: `role` or `user_id` in here mean nothing. */
export const handshakeAuthSchema = z.object({
  csrf: z.string().max(512).optional(),
  token: z.string().max(8192).optional(),
  client: z.object({ name: z.string().max(64), version: z.string().max(64) }).optional(),
  accepts: z.array(z.string().max(64)).max(16).optional(),
});
