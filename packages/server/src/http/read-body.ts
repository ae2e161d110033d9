import type { IncomingMessage } from "node:http";
import { Refusal } from "../core/refusal.ts";

/**
 * Reads a small body as text. Bytes beyond the limit are dropped, and the request stays usable for the response:
 * iterating over it would destroy it. When the client disconnects before the end, the promise never settles, because no
 * client waits for a response.
 * @param maxBytes - a larger body is refused
 * @throws Refusal `payload_too_large`
 */
export function readBody(req: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    req.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else reject(new Refusal("payload_too_large", { hint: `The body must be at most ${maxBytes} bytes.` }));
    });
    req.on("end", () => resolve(Buffer.concat(chunks).toString()));
    req.on("error", () => {});
  });
}
