import type { IncomingMessage } from "node:http";
import { Refusal } from "../refusal.ts";

/** All that our routes are sent is a number or two. */
const maxBytes = 1024;

/**
 * Reads a small JSON body. What comes beyond the bound is dropped unread, and the request is left whole for its answer:
 * iterating over it would destroy it. When the client goes before the end there is nobody to answer, and nothing is.
 * @throws Refusal `payload_too_large`, `payload_invalid`
 */
export function readJson(req: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    req.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else reject(new Refusal("payload_too_large", { hint: `The body must be at most ${maxBytes} bytes.` }));
    });
    req.on("end", () => {
      try {
        resolve(JSON.parse(Buffer.concat(chunks).toString()));
      } catch {
        reject(new Refusal("payload_invalid", { hint: "The body must be JSON." }));
      }
    });
    req.on("error", () => {});
  });
}
