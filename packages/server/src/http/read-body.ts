import type { IncomingMessage } from "node:http";
import { Refusal } from "../core/refusal.ts";

/**
 * Reads a small body as text. What comes beyond the bound is dropped unread, and the request is left whole for its
 * answer: iterating over it would destroy it. When the client goes before the end there is nobody to answer, and nothing
 * is.
 * @param maxBytes - above it the body is refused
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
