/** Every peer that this machine has, started as the bench starts it: the same payload reaches the same clients. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../scripts/services/free-port.ts";
import { createBroadcaster } from "../load/broadcasters/create-broadcaster.ts";
import { Crowd } from "../load/crowd.ts";
import { readToken } from "../load/tokens.ts";
import { monotonicUs } from "../peers/payloads.ts";
import type { Peer, RunningPeer } from "../peers/peer.ts";
import { peers } from "../peers/peers.ts";

const users = { from: 0, count: 3 };
const bytes = 200;
const broadcasts = 2;

/** As Socket.IO sends it or as it is: stamp and text. */
const message = /^(?:42\["news",)?(\{"stamp":"t=(\d{16})","text":"x+"\})\]?$/;

describe.each(peers.filter(({ workloads }) => workloads.includes("W2")))("$name", (peer) => {
  it("sends every broadcast to every client, in the bytes of all peers and with the time of all processes", async (test) => {
    const reason = await peer.unavailable();
    if (reason !== null) return test.skip(reason);
    const { target } = await started(peer);
    const crowd = await opened(target);

    const arrived: string[] = [];
    const all = new Promise<void>((resolve) => {
      crowd.onMessage = (_client, buffer, start, end) => {
        const text = buffer.toString("utf8", start, end);
        // Signalbox also greets everybody.
        if (!text.startsWith('42["connection_established"')) arrived.push(text);
        if (arrived.length === users.count * broadcasts) resolve();
      };
    });
    const broadcaster = await createBroadcaster(target);
    onTestFinished(() => broadcaster.close());
    const askedAt = monotonicUs();
    broadcaster.turn(broadcasts, bytes);
    await all;

    for (const text of arrived) {
      const [, payload = "", stamp] = message.exec(text) ?? [];
      expect(Buffer.byteLength(payload), text).toBe(bytes);
      expect(Number(stamp)).toBeGreaterThanOrEqual(askedAt - 1);
      expect(Number(stamp)).toBeLessThanOrEqual(monotonicUs());
    }
  });
});

async function started(peer: Peer): Promise<RunningPeer> {
  const directory = mkdtempSync(join(tmpdir(), "bench-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const running = await peer.start({ port: await freePort(), directory, profileDirectory: undefined, spawn });
  onTestFinished(() => running.stop());
  return running;
}

async function opened(target: RunningPeer["target"]): Promise<Crowd> {
  const crowd = new Crowd(target);
  for (let user = 0; user < users.count && target.secured; user += 1) {
    crowd.tokens.set(user, await readToken(target.port, user));
  }
  await crowd.open({ ...users, atOnce: users.count });
  onTestFinished(() => crowd.closeAll());
  return crowd;
}
