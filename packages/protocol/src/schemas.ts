/**
 * Payload schemas of the client events, for validation on the server. A separate subpath, so that browsers do not load
 * zod. Every string and list is bounded: a payload costs its sender, not the server.
 */
import { z } from "zod";
import { connectionSorts } from "./admin.ts";
import type { AdminRequests, LegacyRequests, UserRequests } from "./events.ts";
import { noticeLimits, priorities } from "./notification.ts";
import { securityEventTypes, severities } from "./security-event.ts";

/** Letters, digits and `._:-`: safe in a room name, a log line and a URL. */
const characters = "must be 1 to 128 letters, digits or any of . _ : -";
const identifier = z
  .string()
  .min(1, characters)
  .max(128, characters)
  .regex(/^[\w.:-]*$/, characters);

/** A version as `since`: one larger than any that a server sends is harmless, anything but a whole number is not. */
const version = z.int().nonnegative();

/** Maximum number of characters of an id that an application assigns. */
export const maxIdLength = 256;

/**
 * Whether a text can be an id that the application assigns, such as an e-mail address. Any characters are allowed, so
 * code that prints an id escapes it. PostgreSQL stores no NUL, and a lone surrogate has no UTF-8 form: two such ids
 * would be stored as one.
 */
export const isId = (text: string): boolean =>
  text !== "" && text.length <= maxIdLength && !text.includes("\0") && text.isWellFormed();

const ownId = z.string().min(1).max(maxIdLength).refine(isId, "must be well-formed text without NUL");

const page = z.object({
  after: z.string().max(256).optional(),
  limit: z.int().min(1).max(500).optional(),
  filter: z.string().max(256).optional(),
});

const task = z.object({ task_id: identifier });
const room = z.object({ room_id: identifier });
const nothing = z.object({});

/** Parsed as a browser would, not matched: `java\nscript:` is refused. */
const webAddress = z
  .url({ protocol: /^https?$/, error: "must be an absolute http or https address" })
  .max(noticeLimits.link);

/** Counts characters, as a server that truncates a text does: in UTF-16 an emoji is two. */
const textOf = (max: number) =>
  z.string().refine((text) => text.length <= 2 * max && [...text].length <= max, `must have at most ${max} characters`);

/** A notice that an application or an administrator may send. */
const notice = z.object({
  type: z
    .string()
    .regex(/^[\w.:-]+$/)
    .max(noticeLimits.type),
  title: textOf(noticeLimits.title).min(1),
  body: textOf(noticeLimits.body).default(""),
  priority: z.enum(priorities).default("normal"),
  link: webAddress.optional(),
  data: z
    .json()
    .refine(
      (data) => JSON.stringify(data).length <= noticeLimits.data,
      `must be at most ${noticeLimits.data} characters`,
    )
    .optional(),
  expires_at: z.iso.datetime({ offset: true }).optional(),
  requires_ack: z.boolean().default(false),
});

const audience = z.union([
  z.literal("everyone"),
  z.strictObject({ user_id: ownId }),
  z.strictObject({ role: z.enum(["user", "admin"]) }),
  z.strictObject({ room_id: identifier }),
]);

/** What clients may send on `/`, by event. */
export const userSchemas = {
  join_task: task.extend({ since: version.optional() }),
  leave_task: task,
  cancel_task: task,
  get_task_status: task,
  join_room: room,
  leave_room: room,
  sync_notifications: z.object({ after: version, limit: z.int().min(1).max(500).optional() }),
  ack_notifications: z.object({ seq: version }),
  read_notifications: z.object({ seq: version }),
  check_connection: nothing,
} satisfies Record<keyof UserRequests, z.ZodType>;

/** Legacy clients send these without a payload; the event dispatcher reads that as an empty one. */
export const legacySchemas = {
  join_admin_dashboard: nothing,
  leave_admin_dashboard: nothing,
  ping: nothing,
} satisfies Record<keyof LegacyRequests, z.ZodType>;

const subject = z.object({ subject: z.enum(["user", "address"]), id: ownId });

/** The administrator's reason, for the security log. */
const reason = z.string().min(1).max(500);
const why = { reason: reason.optional() };

const longestBlockSeconds = 365 * 86_400;

/** What clients may send on `/admin`, by event. */
export const adminSchemas = {
  list_connections: page.extend({
    sort: z.enum(connectionSorts).optional(),
    descending: z.boolean().optional(),
    offset: z.int().min(0).max(1_000_000).optional(),
  }),
  list_rooms: page,
  list_tasks: page,
  list_security_events: page.extend({
    type: z.enum(securityEventTypes).optional(),
    severity: z.enum(severities).optional(),
    user_id: ownId.optional(),
    ip: z.string().min(1).max(64).optional(),
  }),
  list_blocks: page,
  get_metrics_history: nothing,
  get_health: nothing,
  get_configuration: nothing,
  // Longer origins appear as what they are: refused, with the reason.
  explain_origin: z.object({ origin: z.string().max(2048) }),
  disconnect_user: z.object({ user_id: ownId, reason }),
  revoke_session: z.object({ session_ref: ownId, ...why }),
  cancel_task: task.extend(why),
  add_block: subject.extend({ seconds: z.int().min(1).max(longestBlockSeconds), reason }),
  lift_block: subject.extend(why),
  admin_notification: z.object({ audience, notification: notice }),
  check_connection: nothing,
} satisfies Record<keyof AdminRequests, z.ZodType>;

/** Absent, null and undefined mean the same: clients in JavaScript, Python and Java send null for missing values. */
const absent = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? undefined);

/** Like `absent`; an empty text means the same. */
const absentText = (max: number) => absent(z.string().max(max)).transform((text) => text || undefined);

/** What a handshake may say about the client. Unknown fields are dropped: `role` or `user_id` have no effect here. */
export const handshakeAuthSchema = z.object({
  csrf: absentText(512),
  token: absentText(8192),
  client: absent(z.object({ name: z.string().max(64), version: z.string().max(64) })),
  accepts: absent(z.array(z.string().max(64)).max(16)),
});
