import type { Role } from "./roles.ts";

/** Response of `GET /realtime/client-config`: all that a client needs to know, so that both ends always agree. */
export interface ClientConfig {
  /** Base address for the socket, or null for the page's own origin. */
  url: string | null;
  path: string;
  transports: ("polling" | "websocket")[];
  reconnection: boolean;
  /** Null for no limit. */
  reconnection_attempts: number | null;
  reconnection_delay_ms: number;
  reconnection_delay_max_ms: number;
  timeout_ms: number;
  ping_interval_ms: number;
  ping_timeout_ms: number;
  namespaces: string[];
  authenticated: boolean;
  /** Set where visitors without a session may connect (SOCKETIO_REQUIRE_AUTH=false). */
  guests?: true;
  user?: { user_id: string; username: string; role: Role };
  /** Send it as `auth.csrf` and in the header `x-csrf-token`. */
  csrf?: string;
  /** The address by which the server counts this client: behind a proxy that TRUST_PROXY does not name, the proxy's. */
  client_address: string;
  server_time: string;
  version: string;
}
