import type { Role } from "./roles.ts";

/** Why a live session ended, or lost rights. */
export const sessionEndReasons = ["signed_out", "expired", "revoked", "banned", "removed", "role_changed"] as const;
/** Why a session, and with it a connection, ends. */
export type SessionEndReason = (typeof sessionEndReasons)[number];

/**
 * The first event on every namespace: the client's identity according to the server. Never contains the session id
 * itself.
 */
export interface ConnectionEstablished {
  namespace: string;
  user_id: string;
  username: string;
  role: Role;
  /** A few characters derived from the session, to distinguish sessions in support. */
  session_id_hint: string | null;
  session_expires_at: string | null;
  server_time: string;
  server_id: string;
  rooms: string[];
}

/** The `auth` object of a handshake. Every field is optional; null or an empty text means the same as omitting it. */
export interface HandshakeAuth {
  /** From client-config; required when a cookie authenticates and CSRF protection is on. */
  csrf?: string | null;
  /** A bearer token, where no cookie can be sent. */
  token?: string | null;
  client?: { name: string; version: string } | null;
  /** Frames that this client understands beyond the legacy ones. */
  accepts?: string[] | null;
}
