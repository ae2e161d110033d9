import type { ClientConfig, RefusalMessage } from "@signalbox/protocol";
import type { Evidence } from "./classify-failure.ts";
import type { Environment } from "./environment.ts";
import { isObject, list, shaped, text } from "./shape.ts";
import { TokenUnavailable } from "./token.ts";

/** The outcome of a request for JSON. */
export type HttpOutcome =
  | { readonly kind: "json"; readonly status: number; readonly body: unknown }
  | { readonly kind: "failed"; readonly evidence: Omit<Evidence, "online"> };

/** Longest time that a probe waits: a user is looking at the status line. */
const probeTimeoutMs = 5000;

/** The server has just answered another request, so its Socket.IO endpoint answers at once or not at all. */
const doorTimeoutMs = 2000;

export interface Probe {
  /** Reads the client's identity and the server's settings, with the session of the page. */
  config(): Promise<ClientConfig | Omit<Evidence, "online">>;
  /**
   * Finds out whether the Signalbox server, other software or nothing answers at the address, whatever the page's
   * origin is.
   */
  reachable(): Promise<NonNullable<Evidence["reachable"]>>;
  /** How the Socket.IO endpoint answers a new connection over polling: a refusal, a timeout, or nothing of interest. */
  door(path: string): Promise<Partial<Evidence>>;
  json(path: string, init?: RequestInit): Promise<HttpOutcome>;
}

interface ProbeOptions {
  /** The origin, and the path under which the server is reachable. */
  readonly base: string;
  readonly environment: Environment;
  /** Sent with every request: a bearer token, and in Node an origin or a cookie. */
  headers(): Promise<Record<string, string>>;
}

export function createProbe({ base, environment, headers }: ProbeOptions): Probe {
  const { origin, pathname } = new URL(base);
  const prefix = pathname.replace(/\/$/, "");

  /**
   * Behind a proxy that strips the prefix, the server does not know it. Where the proxy keeps the prefix, the server
   * includes it.
   */
  const under = (path: string): string => (path.startsWith(`${prefix}/`) ? path : prefix + path);

  async function send(path: string, init: RequestInit, timeoutMs = probeTimeoutMs): Promise<Response> {
    const abort = new AbortController();
    const cancel = environment.after(timeoutMs, () => abort.abort());
    try {
      // A captive portal answers with a redirect to its own page. The redirect itself is evaluated, not followed.
      return await environment.fetch(origin + under(path), {
        cache: "no-store",
        redirect: "manual",
        signal: abort.signal,
        ...init,
      });
    } finally {
      cancel();
    }
  }

  async function json(path: string, init?: RequestInit, timeoutMs?: number): Promise<HttpOutcome> {
    try {
      const all = { ...(await headers()), ...(init?.headers as Record<string, string>) };
      const response = await send(path, { credentials: "include", ...init, headers: all }, timeoutMs);
      const body: unknown = await response.json().catch(() => undefined);
      if (isObject(body)) return { kind: "json", status: response.status, body };
      return {
        kind: "failed",
        evidence: response.ok || response.status === 0 ? { foreign: true } : { status: response.status },
      };
    } catch (error) {
      return { kind: "failed", evidence: failureOf(error) };
    }
  }

  return {
    json,
    async door(path) {
      const outcome = await json(`${path}?EIO=4&transport=polling`, {}, doorTimeoutMs);
      if (outcome.kind === "json") return { refusal: refusalIn(outcome.body) };
      return outcome.evidence.timedOut ? { transport: "polling", timedOut: true } : {};
    },
    async config() {
      const outcome = await json("/realtime/client-config");
      if (outcome.kind === "failed") return outcome.evidence;
      if (isClientConfig(outcome.body)) return { ...outcome.body, path: under(outcome.body.path) };
      const refusal = refusalIn(outcome.body);
      return refusal === undefined ? { status: outcome.status, foreign: true } : { refusal };
    },
    async reachable() {
      try {
        const { status } = await send("/realtime/reachable", { credentials: "omit" });
        return status === 204 ? "server" : "foreign";
      } catch {
        // Software that sends no CORS headers may still be there: its response is unreadable, but it proves that
        // something answers. The redirect is followed: fetch refuses `manual` with `no-cors` (Fetch Standard, "main
        // fetch").
        return send("/realtime/reachable", { credentials: "omit", mode: "no-cors", redirect: "follow" }).then(
          () => "foreign" as const,
          () => "none" as const,
        );
      }
    },
  };
}

/** Returns the refusal in an HTTP body or CONNECT_ERROR, if there is one. */
export function refusalIn(body: unknown): RefusalMessage | undefined {
  const error = (body as { error?: unknown } | null | undefined)?.error;
  return isRefusal(error) ? error : undefined;
}

/** Checks the form only: an unknown code from a newer server is still a refusal. */
export const isRefusal = shaped<RefusalMessage>({ code: text, category: text, message: text });

const isClientConfig = shaped<ClientConfig>({
  path: text,
  transports: list,
  authenticated: (value) => typeof value === "boolean",
});

/** What is known about a request that could not be sent or got no response. */
export function failureOf(error: unknown): Omit<Evidence, "online"> {
  if (error instanceof TokenUnavailable) return { tokenFailed: true };
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } };
  if (name === "AbortError") return { timedOut: true };
  return typeof cause?.code === "string" ? { systemCode: cause.code } : {};
}
