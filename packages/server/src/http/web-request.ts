import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

/** A request of the Fetch Standard, such as a route handler of Next's App Router receives. */
export type WebRequest = Pick<Request, "method" | "url" | "headers">;

/**
 * Converts a request to the form that the guards read. A web request has no connection, so its client address is
 * unknown: any client could have written the headers that claim one.
 */
export function toIncoming(req: IncomingMessage | WebRequest): IncomingMessage {
  if (!isWeb(req)) return req;
  const { pathname, search, host } = new URL(req.url, "http://unknown");
  const headers: IncomingHttpHeaders = { host, ...Object.fromEntries(req.headers) };
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [name, String(value)]);
  const incoming = { method: req.method, url: `${pathname}${search}`, headers, rawHeaders, socket: {} };
  return incoming as unknown as IncomingMessage;
}

const isWeb = (req: IncomingMessage | WebRequest): req is WebRequest =>
  typeof (req.headers as Partial<Headers>).get === "function";
