import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { Server as TlsServer } from "node:tls";
import { ignoreErrors } from "./ignore-errors.ts";

/** More headers than any client sends. Node drops headers above a limit, possibly the one with the body's length. */
const maxHeaders = 100;

/**
 * Answers a request as if it had no Upgrade header (RFC 9110 section 7.8). Node stops parsing at the upgrade. So this
 * function puts the request back before the following bytes, without its Upgrade header, and passes the connection to
 * the server again. The server then reads the body and later requests of the connection as usual.
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
 * Calls only Node's own listener. For the application's listeners the connection is not new: with every such request
 * they would attach to it once more.
 */
function readAnew(server: HttpServer | HttpsServer, socket: Duplex): void {
  const event = server instanceof TlsServer ? "secureConnection" : "connection";
  const own = (server as HttpServer).listeners(event).find(({ name }) => name === "connectionListener");
  if (own === undefined) server.emit(event, socket);
  else own.call(server, socket);
}

/** Waits until an earlier request of the connection (pipelining) has been answered. */
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
