import type { ClientConfig, RefusalMessage } from "@signalbox/protocol";
import type { Evidence } from "./classify-failure.ts";
import type { Environment } from "./environment.ts";
import { isObject, list, shaped, text } from "./shape.ts";
import { TokenUnavailable } from "./token.ts";

/** What a request for JSON brought. */
export type HttpOutcome =
  | { readonly kind: "json"; readonly status: number; readonly body: unknown }
  | { readonly kind: "failed"; readonly evidence: Omit<Evidence, "online"> };

/** Longest time that a probe waits: a person is looking at a status line. */
const probeTimeoutMs = 5000;

/** The server has just answered another request: its door answers at once, or not at all. */
const doorTimeoutMs = 2000;

export interface Probe {
  /** Reads who we are and what the server expects, with the session of the page. */
  config(): Promise<ClientConfig | Omit<Evidence, "online">>;
  /** Tells whether our server, somebody else, or nobody is at the address, whatever our origin is. */
  reachable(): Promise<NonNullable<Evidence["reachable"]>>;
  /** What the Socket.IO endpoint says to a new connection over polling: a refusal, silence, or nothing of interest. */
  door(path: string): Promise<Partial<Evidence>>;
  json(path: string, init?: RequestInit): Promise<HttpOutcome>;
}

interface ProbeOptions {
  /** The origin, and the path under which the server is. */
  readonly base: string;
  readonly environment: Environment;
  /** Sent with every request: a bearer token, and in Node an origin or a cookie. */
  headers(): Promise<Record<string, string>>;
}

export function createProbe({ base, environment, headers }: ProbeOptions): Probe {
  const { origin, pathname } = new URL(base);
  const prefix = pathname.replace(/\/$/, "");

  /** Behind a proxy that strips the prefix a server knows nothing of it; where it is kept, the server names it. */
  const under = (path: string): string => (path.startsWith(`${prefix}/`) ? path : prefix + path);

  async function send(path: string, init: RequestInit, timeoutMs = probeTimeoutMs): Promise<Response> {
    const abort = new AbortController();
    const cancel = environment.after(timeoutMs, () => abort.abort());
    try {
      // A captive portal answers with a redirect to its own page: that answer is looked at, not followed.
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
        // Somebody who sends no CORS headers may still be there; what they say cannot be read, that they speak can.
        // The redirect is followed: fetch refuses `manual` with `no-cors` (Fetch Standard, "main fetch").
        return send("/realtime/reachable", { credentials: "omit", mode: "no-cors", redirect: "follow" }).then(
          () => "foreign" as const,
          () => "nobody" as const,
        );
      }
    },
  };
}

/** The refusal in an HTTP body or CONNECT_ERROR, if it is one. */
export function refusalIn(body: unknown): RefusalMessage | undefined {
  const error = (body as { error?: unknown } | null | undefined)?.error;
  return isRefusal(error) ? error : undefined;
}

/** Judged by its form: a code that a newer server has and we do not know is a refusal all the same. */
export const isRefusal = shaped<RefusalMessage>({ code: text, category: text, message: text });

const isClientConfig = shaped<ClientConfig>({
  path: text,
  transports: list,
  authenticated: (value) => typeof value === "boolean",
});

/** What is known of a request that could not be sent, or was not answered. */
export function failureOf(error: unknown): Omit<Evidence, "online"> {
  if (error instanceof TokenUnavailable) return { tokenFailed: true };
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } };
  if (name === "AbortError") return { timedOut: true };
  return typeof cause?.code === "string" ? { systemCode: cause.code } : {};
}
