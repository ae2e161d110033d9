/** Ordered from least to most urgent. */
export const priorities = ["low", "normal", "high", "critical"] as const;
/** The urgency of a notification. */
export type Priority = (typeof priorities)[number];

/** The delivery states of a notification, in order. A state is only ever followed by a later one. */
export const notificationStates = ["stored", "delivered", "acknowledged", "read"] as const;
/** The delivery state of a notification. */
export type NotificationState = (typeof notificationStates)[number];

/** Limits of a notice. A notice that exceeds them is refused as `payload_invalid`. */
export const noticeLimits = {
  /** Characters. */
  type: 64,
  title: 200,
  body: 2000,
  link: 2048,
  /** Characters of `data` as JSON. */
  data: 4096,
} as const;

/**
 * A notice as its author writes it. Texts are plain text: a page that displays them shows `<b>` as three characters.
 */
export interface Notice {
  /** The application's name for this kind of notice, such as `batch_finished`. */
  type: string;
  title: string;
  /** Default: empty. */
  body?: string | undefined;
  /** Default: `normal`. */
  priority?: Priority | undefined;
  /** An absolute http or https address. */
  link?: string | undefined;
  /** Any JSON of the application. */
  data?: unknown;
  /** ISO 8601; the notice is hidden after it. Default: 30 days from now. */
  expires_at?: string | undefined;
  /** Whether the user is expected to acknowledge it. Default: false. */
  requires_ack?: boolean | undefined;
}

/** A notice as one user receives it. */
export interface Notification {
  id: string;
  /** Increases by one with each notification of a user, so that clients can drop duplicates. */
  seq: number;
  type: string;
  priority: Priority;
  title: string;
  body: string;
  link?: string;
  data?: unknown;
  created_at: string;
  expires_at: string;
  requires_ack: boolean;
}

/** The recipients of a notice. A role means every user with at least that role at the time of reading. */
export type Audience = "everyone" | { user_id: string } | { role: "user" | "admin" } | { room_id: string };
