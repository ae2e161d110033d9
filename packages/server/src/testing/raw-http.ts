import { connect } from "node:net";
import { afterOwnTime } from "./own-time.ts";

/** The answer to a raw request, before any client library interprets it. */
export interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Headers as pairs, so that a test can send one twice, in any case, or malformed. */
export type RawHeaders = readonly (readonly [name: string, value: string])[];

/** Sends bytes as they are and reads the answer until its end, or `withinMs` (10,000) have passed. */
export function sendRaw(port: number, request: string | Buffer, withinMs = 10_000): Promise<RawResponse> {
  const isHead = request.slice(0, 5).toString() === "HEAD ";
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    const cancel = afterOwnTime(withinMs, () => socket.destroy(new Error(`No answer within ${withinMs} ms.`)));
    let text = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
      const response = parseResponse(text, isHead);
      if (response === undefined) return;
      resolve(response);
      socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      cancel();
      reject(new Error(`Closed after ${text.length} bytes without a complete answer.`));
    });
  });
}

/** Writes a request head, `Host` included. */
export function rawRequest(method: string, target: string, headers: RawHeaders = [], body = ""): string {
  const length: RawHeaders = body === "" ? [] : [["Content-Length", String(Buffer.byteLength(body))]];
  const lines = [["Host", "127.0.0.1"] as const, ...headers, ...length].map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${target} HTTP/1.1`, ...lines, "", body].join("\r\n");
}

/** Headers that ask for a WebSocket (RFC 6455 section 4.1). */
export const upgradeHeaders: RawHeaders = [
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];

function parseResponse(text: string, isHead: boolean): RawResponse | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const status = Number(statusLine.split(" ")[1]);
  const body = text.slice(end + 4);
  const length = isHead ? 0 : Number(headers.get("content-length") ?? 0);
  return body.length < length ? undefined : { status, headers, body };
}
