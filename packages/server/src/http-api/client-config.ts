import type { ClientConfig } from "@signalbox/protocol";
import type { Config } from "../config/settings.ts";
import type { Principal } from "../core/ports.ts";

interface ClientConfigFacts {
  /** Undefined for a visitor. */
  readonly principal: Principal | undefined;
  readonly csrf: string | undefined;
  readonly namespaces: readonly string[];
  /** The address of the client that sends the request. */
  readonly address: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly version: string;
}

/** The part of the configuration that clients need, so that both ends always agree. */
export function clientConfig(config: Config, facts: ClientConfigFacts): ClientConfig {
  const { principal, csrf } = facts;
  return {
    url: config.publicUrl,
    path: config.path,
    transports: [...config.transports],
    reconnection: config.reconnection,
    reconnection_attempts: config.reconnectionAttempts === 0 ? null : config.reconnectionAttempts,
    reconnection_delay_ms: config.reconnectionDelay,
    reconnection_delay_max_ms: config.reconnectionDelayMax,
    timeout_ms: config.timeout,
    ping_interval_ms: config.pingInterval * 1000,
    ping_timeout_ms: config.pingTimeout * 1000,
    namespaces: [...facts.namespaces],
    authenticated: principal !== undefined,
    ...(!config.requireAuth && { guests: true as const }),
    ...(principal && { user: { user_id: principal.userId, username: principal.username, role: principal.role } }),
    ...(csrf !== undefined && { csrf }),
    client_address: facts.address,
    server_time: new Date(facts.now).toISOString(),
    version: facts.version,
  };
}
