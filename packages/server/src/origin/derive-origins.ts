import type { Config } from "../config/settings.ts";

/** An origin, or a pattern of origins, and the rule that allows it. */
export interface OriginRule {
  /** Serialised as browsers send it (RFC 6454 section 6.2), `https://*.host` for subdomains, or `*`. */
  readonly origin: string;
  readonly rule: string;
}

type OriginSettings = Pick<Config, "mode" | "host" | "port" | "publicUrl" | "corsOrigins">;

/** Names by which a machine reaches itself; whoever may use one may use all. */
const loopback = ["localhost", "127.0.0.1", "[::1]"];

/** Bind addresses that stand for every interface and are no address to type. */
const anyAddress = ["0.0.0.0", "::", "[::]"];

/** React's, Vite's and webpack's usual ports. */
const developmentPorts = [3000, 5173, 8080];

/**
 * The origins that may connect. SOCKETIO_CORS_ORIGINS replaces what would be derived from HOST, PORT and PUBLIC_URL.
 * In production only https origins are derived; an http one has to be named.
 */
export function deriveOrigins(config: OriginSettings): readonly OriginRule[] {
  if (config.corsOrigins.length > 0) {
    return config.corsOrigins.map((origin) => ({ origin, rule: `SOCKETIO_CORS_ORIGINS: ${origin}` }));
  }
  const production = config.mode === "production";
  const schemes = production ? ["https"] : ["http", "https"];
  const derived = hostsOf(config.host).flatMap((host) =>
    schemes.map((scheme) => ({ origin: originOf(scheme, host, config.port), rule: "derived from HOST and PORT" })),
  );
  const named = config.publicUrl === null ? [] : [{ origin: new URL(config.publicUrl).origin, rule: "PUBLIC_URL" }];
  const development = production
    ? []
    : loopback.flatMap((host) =>
        developmentPorts.map((port) => ({ origin: originOf("http", host, port), rule: "development servers" })),
      );
  return [...derived, ...named, ...development];
}

function hostsOf(host: string): readonly string[] {
  const bracketed = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  if (anyAddress.includes(host) || loopback.includes(bracketed)) return loopback;
  return [bracketed];
}

/** Through URL, so that case, default ports and IPv6 are written as browsers write them. */
const originOf = (scheme: string, host: string, port: number): string => new URL(`${scheme}://${host}:${port}`).origin;
