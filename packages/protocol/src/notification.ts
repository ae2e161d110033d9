/** From what may wait to what must not be missed. */
export const priorities = ["low", "normal", "high", "critical"] as const;
/** How pressing a notification is. */
export type Priority = (typeof priorities)[number];

/** How far notifications have come with their reader. A state is only ever followed by a later one. */
export const notificationStates = ["stored", "delivered", "acknowledged", "read"] as const;
/** How far a notification has come. */
export type NotificationState = (typeof notificationStates)[number];

/** Bounds of a notice; beyond them it is refused as `payload_invalid`. */
export const noticeLimits = {
  /** Characters. */
  type: 64,
  title: 200,
  body: 2000,
  link: 2048,
  /** Characters of `data` as JSON. */
  data: 4096,
} as const;

/** A notice as somebody writes it. Texts are plain text: whoever shows them shows `<b>` as four characters. */
export interface Notice {
  /** The application's name for this sort of notice, such as `batch_finished`. */
  type: string;
  title: string;
  /** Default: empty. */
  body?: string | undefined;
  /** Default: `normal`. */
  priority?: Priority | undefined;
  /** An absolute http or https address. */
  link?: string | undefined;
  /** Any JSON of the application's own. */
  data?: unknown;
  /** ISO 8601; nobody sees the notice after it. Default: 30 days from now. */
  expires_at?: string | undefined;
  /** Whether a person is expected to acknowledge it. Default: false. */
  requires_ack?: boolean | undefined;
}

/** A notice as one user receives it. */
export interface Notification {
  id: string;
  /** Grows by one with each notification of a user: what has been seen before can be dropped. */
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

/** Whom a notice is for. A role means everybody with at least that role when they read. */
export type Audience = "everyone" | { user_id: string } | { role: "user" | "admin" } | { room_id: string };
