import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { Duplex } from "node:stream";
import { httpStatusOf, Refusal } from "../core/refusal.ts";

/** Sends a JSON response. No cache may store responses of Signalbox: each depends on the user who sent the request. */
export function sendJson(res: ServerResponse, status: number, body: unknown, headers: OutgoingHttpHeaders = {}): void {
  const text = JSON.stringify(body);
  res.writeHead(status, { ...headersFor(text), ...headers }).end(text);
}

const headersFor = (text: string): OutgoingHttpHeaders => ({
  "Content-Type": "application/json; charset=utf-8",
  "Content-Length": Buffer.byteLength(text),
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
});

/**
 * Sends a refusal as the response, in the form that the wire contract defines for HTTP, or as problem details
 * (RFC 9457) if the request accepts them.
 */
export function sendRefusal(
  res: ServerResponse,
  refusal: Refusal,
  exposeHints: boolean,
  headers: OutgoingHttpHeaders = {},
): void {
  const { status, body, headers: ofRefusal } = answerOf(res.req, refusal, exposeHints);
  sendJson(res, status, body, { ...ofRefusal, ...headers });
}

/**
 * Refuses the method of a request (RFC 9110 section 15.5.6).
 * @param allow - the methods of the route, as the header Allow lists them
 */
export function refuseMethod(
  res: ServerResponse,
  allow: string,
  onRefused: (req: IncomingMessage, refusal: Refusal) => void,
  headers: OutgoingHttpHeaders = {},
): void {
  const refusal = new Refusal("method_not_allowed");
  onRefused(res.req, refusal);
  sendRefusal(res, refusal, false, { Allow: allow, ...headers });
}

/** Refuses a WebSocket upgrade: sends an HTTP response on the raw socket and closes it (RFC 6455 section 4.2.2). */
export function refuseUpgrade(
  req: IncomingMessage,
  socket: Duplex,
  refusal: Refusal,
  exposeHints: boolean,
  headers: OutgoingHttpHeaders = {},
): void {
  const { status, body, headers: ofRefusal } = answerOf(req, refusal, exposeHints);
  const text = JSON.stringify(body);
  const all = { ...headersFor(text), Connection: "close", ...ofRefusal, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.once("finish", () => socket.destroy());
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", text].join("\r\n"));
}

function answerOf({ headers }: IncomingMessage, refusal: Refusal, exposeHints: boolean) {
  const status = httpStatusOf(refusal.code);
  const message = refusal.toMessage(exposeHints);
  const ofStatus = { ...challenge(status), ...retryAfter(refusal) };
  if (!acceptsProblems.test(headers.accept ?? "")) return { status, body: { error: message }, headers: ofStatus };
  const { code, message: title, hint: detail, ...others } = message;
  const body = { type: `urn:signalbox:refusal:${code}`, title, status, detail, code, ...others };
  return { status, body, headers: { "Content-Type": "application/problem+json", ...ofStatus } };
}

const acceptsProblems = /(^|,)\s*application\/problem\+json\s*(;(?!\s*q=0(\.0*)?\s*(,|$))|,|$)/i;

/** RFC 9110 section 11.6.1: a 401 names how to authenticate. */
const challenge = (status: number): OutgoingHttpHeaders => (status === 401 ? { "WWW-Authenticate": "Bearer" } : {});

/** RFC 9110 section 10.2.3: whole seconds. */
function retryAfter({ retryAfterMs }: Refusal): OutgoingHttpHeaders {
  return retryAfterMs === undefined ? {} : { "Retry-After": Math.ceil(retryAfterMs / 1000) };
}

/** The token of `Authorization: Bearer …` (RFC 6750 section 2.1). */
export function bearerTokenOf(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer ([\w.~+/=-]+)$/i.exec(headers.authorization ?? "")?.[1];
}
