/** Stands in for the package `next`: what a custom server calls of it, and routes and pages of `app/` behind that. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { routes } from "./app/routes.ts";

interface NextOptions {
  readonly dev: boolean;
  readonly hostname: string;
  readonly port: number;
}

interface NextServer {
  prepare(): Promise<void>;
  getRequestHandler(): (req: IncomingMessage, res: ServerResponse) => Promise<void>;
  /** Ends the development server of the real package; its file watchers may go on. */
  close(): Promise<void>;
  /** For the WebSocket by which pages are reloaded in development. */
  getUpgradeHandler(): (req: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
}

/** Appended to a key and hashed (RFC 6455 section 1.3). */
const webSocketId = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export default function next({ dev }: NextOptions): NextServer {
  return {
    async prepare() {
      // The real package watches files in development, which keeps the process alive as this timer does.
      if (dev) setInterval(() => {}, 60_000);
    },
    async close() {},
    getRequestHandler: () => async (req, res) => {
      const route = routes[`${req.method} ${req.url?.split("?")[0]}`];
      if (route === undefined) res.writeHead(404).end("This page could not be found.");
      else await route(req, res);
    },
    getUpgradeHandler: () => async (req, socket) => {
      const accept = createHash("sha1").update(`${req.headers["sec-websocket-key"]}${webSocketId}`).digest("base64");
      const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
      socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`, "X-Server: next"].join("\r\n")}\r\n\r\n`);
    },
  };
}
