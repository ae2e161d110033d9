import { expect } from "vitest";
import { rawRequest, sendRaw, type TestServer } from "../../src/testing/index.ts";
import type { RawConnection } from "./raw-connection.ts";
import { openSid, pollingPath } from "./raw-socket.ts";

/** Packets of one polling body are separated by this (Engine.IO protocol 4). */
const separator = "\x1e";

/** How long a GET may wait for a server that has nothing to send: longer than the heartbeat. */
const pollMs = 60_000;

export interface RawPolling extends RawConnection {
  readonly sid: string;
}

/** Opens a raw polling connection, then polls and answers heartbeats until the server ends it. */
export async function openRawPolling(
  server: TestServer,
  headers: Record<string, string> = {},
  query = "",
): Promise<RawPolling> {
  const all = Object.entries({ Origin: server.url, Connection: "close", ...headers });
  const sid = await openSid(server, headers, query);
  const frames: string[] = [];
  let open = true;
  let posting = Promise.resolve();

  async function poll(): Promise<void> {
    const { status, body } = await sendRaw(server.port, rawRequest("GET", pollingPath(sid), all), pollMs);
    if (status !== 200) open = false;
    else frames.push(...Buffer.from(body, "latin1").toString().split(separator));
    if (body.split(separator).includes("1")) open = false;
    if (body.split(separator).includes("2")) send("3");
    if (open) await poll();
  }

  function send(...packets: readonly (string | Buffer)[]): void {
    const texts = packets.map((packet) => (typeof packet === "string" ? packet : `b${packet.toString("base64")}`));
    const body = rawRequest("POST", pollingPath(sid), [...all, ["Content-Type", "text/plain"]], texts.join(separator));
    posting = posting.then(async () => void (await sendRaw(server.port, body))).catch(end);
  }

  function end(): void {
    open = false;
  }

  poll().catch(end);
  return {
    sid,
    frames,
    send,
    async next(matches) {
      await expect.poll(() => frames.some(matches)).toBe(true);
      return frames.find(matches) ?? "";
    },
    isOpen: () => open,
    terminate: () => send("1"),
  };
}
