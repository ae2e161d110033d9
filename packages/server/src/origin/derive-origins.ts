import type { Config } from "../config/settings.ts";
import { hostInUrl, noOriginAdvice, originOf } from "../core/origin-syntax.ts";

/** An origin, or a pattern of origins, and the rule that allows it. */
export interface OriginRule {
  /** Serialised as browsers send it (RFC 6454 section 6.2), `https://*.host` for subdomains, `null`, or `*`. */
  readonly origin: string;
  readonly rule: string;
  /** For a rule that allows every port: scheme and host. */
  readonly anyPortOf?: string;
}

type OriginSettings = Pick<Config, "mode" | "host" | "port" | "publicUrl" | "corsOrigins">;

/** The names of loopback. An origin derived for one of them is derived for all. */
const loopback = ["localhost", "127.0.0.1", "[::1]"];

/** Bind addresses that mean every interface, and are not addresses that a user would open. */
const anyAddress = ["0.0.0.0", "[::]"];

/**
 * The origins that may connect. SOCKETIO_CORS_ORIGINS replaces those derived from HOST, PORT and PUBLIC_URL. In
 * production only https origins are derived, also for loopback: an http origin must be named, as in
 * `PUBLIC_URL=http://localhost:5000`. In development every port of loopback is allowed.
 * @throws TypeError naming HOST or PUBLIC_URL when it makes no origin
 */
export function deriveOrigins(config: OriginSettings): readonly OriginRule[] {
  if (config.corsOrigins.length > 0) {
    return config.corsOrigins.map((origin) => ({ origin, rule: `SOCKETIO_CORS_ORIGINS: ${origin}` }));
  }
  const production = config.mode === "production";
  const schemes = production ? ["https"] : ["http", "https"];
  const derived = hostsOf(config.host).flatMap((host) =>
    schemes.map((scheme) => ({
      origin: serialise(`${scheme}://${host}:${config.port}`, "HOST", config.host),
      rule: "derived from HOST and PORT",
    })),
  );
  const { publicUrl } = config;
  const named =
    publicUrl === null ? [] : [{ origin: serialise(publicUrl, "PUBLIC_URL", publicUrl), rule: "PUBLIC_URL" }];
  // Vite, Angular, webpack and their preview servers use any free port.
  const development = config.mode === "development" ? loopback.flatMap(everyPortOf) : [];
  return [...derived, ...named, ...development];
}

/** Compares hosts in the form of URLs: `LOCALHOST`, `127.1` and `0:0:0:0:0:0:0:1` are loopback as well. */
function hostsOf(host: string): readonly string[] {
  const inUrl = hostInUrl(host);
  const name = URL.parse(`http://${inUrl}`)?.hostname ?? inUrl;
  return [...loopback, ...anyAddress].includes(name) ? loopback : [inUrl];
}

function everyPortOf(host: string): OriginRule[] {
  return ["http", "https"].map((scheme) => {
    const anyPortOf = `${scheme}://${host}`;
    return { origin: `${anyPortOf}:*`, rule: "development servers", anyPortOf };
  });
}

function serialise(address: string, setting: string, value: string): string {
  const origin = originOf(address);
  if (origin === undefined) throw new TypeError(`${setting} is ${JSON.stringify(value)}, ${noOriginAdvice}`);
  return origin;
}
