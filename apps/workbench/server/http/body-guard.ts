import type { IncomingMessage, Server } from "node:http";

interface BodyGuardOptions {
  /** A body that makes no progress for this long is abandoned. */
  readonly idleMs: number;
  /** Fewer bytes than this do not count as progress. */
  readonly minBytes: number;
}

/**
 * Closes connections whose request body stalls or trickles. Node's limit on the whole request would end long uploads
 * over slow connections.
 */
export function guardBodies(server: Server, { idleMs, minBytes }: BodyGuardOptions): void {
  server.on("request", (req: IncomingMessage) => {
    if (!hasBody(req)) return;
    const { socket } = req;
    let mark = socket.bytesRead;
    let since = performance.now();
    const timer = setInterval(() => {
      if (req.complete || socket.destroyed) return clearInterval(timer);
      if (socket.bytesRead - mark < minBytes) {
        if (performance.now() - since >= idleMs) socket.destroy();
        return;
      }
      mark = socket.bytesRead;
      since = performance.now();
    }, idleMs / 5).unref();
    req.once("close", () => clearInterval(timer));
  });
}

/** RFC 9112 section 6.3. */
const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
