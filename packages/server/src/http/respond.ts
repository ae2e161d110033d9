import { type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { httpStatusOf, type Refusal } from "../refusal.ts";

/** Answers with JSON. Nothing of Signalbox's may be kept by caches: every answer depends on who asks. */
export function sendJson(res: ServerResponse, status: number, body: unknown, headers: OutgoingHttpHeaders = {}): void {
  const text = JSON.stringify(body);
  res.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  res.end(text);
}

/** Answers with a refusal, in the form that the wire contract gives it over HTTP. */
export function sendRefusal(
  res: ServerResponse,
  refusal: Refusal,
  exposeHints: boolean,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = { error: refusal.toMessage(exposeHints) };
  sendJson(res, httpStatusOf(refusal.code), body, { ...retryAfter(refusal), ...headers });
}

/** RFC 9110 section 15.5.6. */
export function sendMethodNotAllowed(res: ServerResponse, allow: string): void {
  res.writeHead(405, { Allow: allow }).end();
}

/** Refuses a WebSocket upgrade: an ordinary HTTP response on the raw socket, then the end (RFC 6455 section 4.2.2). */
export function refuseUpgrade(socket: Duplex, refusal: Refusal, exposeHints: boolean): void {
  const status = httpStatusOf(refusal.code);
  const body = JSON.stringify({ error: refusal.toMessage(exposeHints) });
  const headers = {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    Connection: "close",
    ...retryAfter(refusal),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.once("finish", () => socket.destroy());
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", body].join("\r\n"));
}

/** RFC 9110 section 10.2.3: whole seconds. */
function retryAfter({ retryAfterMs }: Refusal): OutgoingHttpHeaders {
  return retryAfterMs === undefined ? {} : { "Retry-After": Math.ceil(retryAfterMs / 1000) };
}

/** The token of `Authorization: Bearer …` (RFC 6750 section 2.1). */
export function bearerTokenOf(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer ([\w.~+/=-]+)$/i.exec(headers.authorization ?? "")?.[1];
}
