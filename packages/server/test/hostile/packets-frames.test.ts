/** Hostile cases, D: WebSocket frames that no library would send, on a bare TCP connection. */
import type { SecurityEventType } from "@signalbox/protocol";
import { describe, expect, it } from "vitest";
import { rawRequest, sendRaw } from "../../src/testing/index.ts";
import { frame, opcodes, openFrames } from "./raw-frames.ts";
import { setScene } from "./scene.ts";

const { continuation, text, binary, close, ping } = opcodes;

/** A message of a text frame and 60,000 empty fragments. */
const fragments = (): Buffer[] => [
  frame(text, '42["x"', { fin: false }),
  ...Array.from({ length: 60_000 }, () => frame(continuation, "", { fin: false })),
];

/** By rule: the frames to send, the code that the connection is closed with, and the security event. */
const faults: Record<string, { frames: () => Buffer[]; code: number; type?: SecurityEventType }> = {
  "60,000 empty fragments": { frames: fragments, code: 1008 },
  "invalid UTF-8": { frames: () => [frame(text, Buffer.from([0x34, 0x32, 0xc3, 0x28]))], code: 1007 },
  "UTF-8 of half a surrogate pair": { frames: () => [frame(text, Buffer.from([0x34, 0xed, 0xa0, 0x80]))], code: 1007 },
  "UTF-8 in a longer form than needed": { frames: () => [frame(text, Buffer.from([0x34, 0xc0, 0xaf]))], code: 1007 },
  "a compressed frame that was not agreed on": { frames: () => [frame(text, "40", { reserved: 4 })], code: 1002 },
  "reserved bits": { frames: () => [frame(text, "40", { reserved: 3 })], code: 1002 },
  "an unknown opcode": { frames: () => [frame(3), frame(11)], code: 1002 },
  "a frame without a mask": { frames: () => [frame(text, "40", { masked: false })], code: 1002 },
  "a continuation of nothing": { frames: () => [frame(continuation, "40")], code: 1002 },
  "a text within another's fragments": {
    frames: () => [frame(text, "4", { fin: false }), frame(text, "0")],
    code: 1002,
  },
  "a ping in fragments": { frames: () => [frame(ping, "x", { fin: false })], code: 1002 },
  "a ping of more than 125 bytes": { frames: () => [frame(ping, "x".repeat(126))], code: 1002 },
  "a close with a code that is not on the wire": {
    frames: () => [frame(close, Buffer.from([0x03, 0xed]))],
    code: 1002,
  },
  "more than SOCKETIO_MAX_HTTP_BUFFER_SIZE": {
    frames: () => [frame(binary, Buffer.alloc(60_000), { fin: false }), frame(continuation, Buffer.alloc(60_000))],
    code: 1009,
    type: "payload_too_large",
  },
};

describe("over websocket", () => {
  it.each(Object.entries(faults))("%s closes the connection with its code", async (_rule, fault) => {
    const scene = await setScene({ env: { SOCKETIO_MAX_HTTP_BUFFER_SIZE: "100000" } });
    const raw = await openFrames(scene.server, []);
    raw.write(...fault.frames());
    expect(await raw.closed()).toBe(fault.code);
    await scene.expectUnharmed({ [fault.type ?? "payload_invalid"]: 1 });
    await expect.poll(() => scene.server.realtime.io.engine.clientsCount).toBe(1);
  });

  it("compression that is offered while it is off is not negotiated", async () => {
    const scene = await setScene();
    const offers = "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame";
    const raw = await openFrames(scene.server, [["Sec-WebSocket-Extensions", offers]]);
    expect(raw.head).toContain(" 101 ");
    expect(raw.head.toLowerCase()).not.toContain("sec-websocket-extensions");
    await scene.expectUnharmed({});
  });

  it("a flood of pings is counted like packets, and closes the connection", async () => {
    const scene = await setScene();
    const raw = await openFrames(scene.server, []);
    raw.write(...Array.from({ length: 20 }, () => frame(ping, "x")));
    await expect.poll(raw.pongs).toBe(20);
    raw.write(...Array.from({ length: 20_000 }, () => frame(ping, "x".repeat(125))));
    await raw.closed();
    expect(raw.pongs()).toBeLessThan(5000);
    await scene.expectUnharmed({ rate_limited: 1 });
  });

  it("pings whose answers the client does not read close the connection at SIGNALBOX_MAX_BUFFERED_BYTES, without a rate limit too", async () => {
    const env = { SOCKETIO_RATE_LIMITING: "false", SIGNALBOX_MAX_BUFFERED_BYTES: "65536" };
    const scene = await setScene({ env });
    const raw = await openFrames(scene.server, []);
    raw.pause();
    const burst = Array.from({ length: 2000 }, () => frame(ping, "x".repeat(125)));
    for (let sent = 0; sent < 100 && scene.server.realtime.io.engine.clientsCount > 1; sent += 1) {
      raw.write(...burst);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => scene.server.realtime.io.engine.clientsCount).toBe(1);
    await scene.expectUnharmed({ rate_limited: 1 });
  });

  it("a flood of probes before an upgrade is counted like packets, and ends the WebSocket and the polling connection", async () => {
    const scene = await setScene();
    const { sid, raw } = await probing(scene);
    raw.write(...Array.from({ length: 10_000 }, () => frame(text, "2probe")));
    await raw.closed();
    expect((await poll(scene, sid)).status).toBe(400);
    await scene.expectUnharmed({ rate_limited: 1 });
  });

  it("any packet other than a probe ends the WebSocket, and the polling connection continues", async () => {
    const scene = await setScene();
    const packets = ["4", '40{"csrf":"x"}', "6", "3probe", "2", "x", "1"];
    await Promise.all(
      packets.map(async (packet) => {
        const { sid, raw } = await probing(scene);
        raw.write(frame(text, packet));
        await raw.closed();
        const get = poll(scene, sid);
        const post = rawRequest("POST", pollingTarget(sid), [["Origin", scene.server.url]], "40/nope,");
        expect((await sendRaw(scene.server.port, post)).status).toBe(200);
        expect((await get).body).toContain("Invalid namespace");
        await sendRaw(scene.server.port, rawRequest("POST", pollingTarget(sid), [["Origin", scene.server.url]], "1"));
      }),
    );
    await scene.expectUnharmed({ event_unknown: packets.length });
  });
});

type Scene = Awaited<ReturnType<typeof setScene>>;

const pollingTarget = (sid = ""): string => `/socket.io/?EIO=4&transport=polling${sid && `&sid=${sid}`}`;

const poll = (scene: Scene, sid?: string) =>
  sendRaw(scene.server.port, rawRequest("GET", pollingTarget(sid), [["Origin", scene.server.url]]));

/** A polling connection, and a WebSocket to which it could be upgraded. */
async function probing(scene: Scene) {
  const { sid } = JSON.parse((await poll(scene)).body.slice(1));
  return { sid, raw: await openFrames(scene.server, [], `&sid=${sid}`) };
}
