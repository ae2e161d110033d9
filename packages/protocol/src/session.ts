import type { Role } from "./roles.ts";

/** Why a live session came to its end, or was narrowed. */
export const sessionEndReasons = ["signed_out", "expired", "revoked", "banned", "removed", "role_changed"] as const;
/** Why a session, and with it a connection, ends. */
export type SessionEndReason = (typeof sessionEndReasons)[number];

/** First event on every namespace: who the server takes the client for. Never holds the session id itself. */
export interface ConnectionEstablished {
  namespace: string;
  user_id: string;
  username: string;
  role: Role;
  /** A few characters derived from the session, to tell sessions apart in support. */
  session_id_hint: string | null;
  session_expires_at: string | null;
  server_time: string;
  server_id: string;
  rooms: string[];
}

/** The `auth` object of a handshake; every field is optional, and null or an empty text means the same as leaving it out. */
export interface HandshakeAuth {
  /** From client-config; needed when a cookie authenticates and CSRF protection is on. */
  csrf?: string | null;
  /** A bearer token, where no cookie can be sent. */
  token?: string | null;
  client?: { name: string; version: string } | null;
  /** Frames that this client understands beyond the ancestor's. */
  accepts?: string[] | null;
}
