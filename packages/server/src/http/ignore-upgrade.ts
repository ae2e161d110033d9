import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { Server as TlsServer } from "node:tls";
import { ignoreErrors } from "./ignore-errors.ts";

/** More than any client sends. Node drops headers above a limit, perhaps the one that says where the body ends. */
const maxHeaders = 100;

/**
 * Answers a request as if it had not asked for an upgrade (RFC 9110 section 7.8). Node stops parsing at the upgrade, so
 * the request is put back in front of what follows it, without its Upgrade header, and the connection handed to the
 * server anew: the body and later requests of the connection are then read as usual.
 */
export function ignoreUpgrade(
  server: HttpServer | HttpsServer,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const { _httpMessage: pending } = socket as { _httpMessage?: ServerResponse | null };
  if (pending) return waitFor(pending, socket, () => ignoreUpgrade(server, req, socket, head));
  if (socket.destroyed) return;
  const limit = Math.min(server.maxHeadersCount || maxHeaders, maxHeaders);
  if (req.rawHeaders.length >= limit * 2) return refuse(socket, "431 Request Header Fields Too Large");
  const lines = headOf(req);
  if (lines.some((line) => /[\r\n]/.test(line))) return refuse(socket, "400 Bad Request");
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  readAnew(server, socket);
}

/**
 * Node's own listener alone: the connection is no new one to the application's, which would add to it once more with
 * every such request.
 */
function readAnew(server: HttpServer | HttpsServer, socket: Duplex): void {
  const event = server instanceof TlsServer ? "secureConnection" : "connection";
  const own = (server as HttpServer).listeners(event).find(({ name }) => name === "connectionListener");
  if (own === undefined) server.emit(event, socket);
  else own.call(server, socket);
}

/** An earlier request of the connection (pipelining) is answered first. */
function waitFor(pending: ServerResponse, socket: Duplex, run: () => void): void {
  socket.on("error", ignoreErrors);
  pending.once("close", () => {
    socket.off("error", ignoreErrors);
    run();
  });
}

function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string[] {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (name.toLowerCase() !== "upgrade") lines.push(`${name}: ${rawHeaders[index + 1]}`);
  }
  return lines;
}

function refuse(socket: Duplex, status: string): void {
  socket.on("error", ignoreErrors);
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
