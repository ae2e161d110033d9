/**
 * Hostile cases, D: packets that are allowed, have no effect, and come too often; and polling bodies of every shape.
 */
import { describe, expect, it } from "vitest";
import { rawRequest, sendRaw, transports } from "../../src/testing/index.ts";
import { openSid, pollingPath } from "./raw-socket.ts";
import { type Scene, setScene } from "./scene.ts";

const acknowledgement = "437[1]";

/** Packets without an effect: each belongs to an exchange that is not in progress. */
const idle = [
  acknowledgement,
  "439007199254740991[]",
  "6",
  "3",
  "3probe",
  "5",
  '0{"sid":"x","upgrades":[],"pingInterval":1,"pingTimeout":1}',
];

describe.each(transports)("over %s", (transport) => {
  it("packets without an effect are accepted", async () => {
    const scene = await setScene();
    const wire = await scene.wire(transport);
    const binaryAck = ['461-7[{"_placeholder":true,"num":0}]', Buffer.from("abc")] as const;
    wire.send(...idle, ...binaryAck, '421["check_connection",{}]');
    expect(await wire.next("431[")).toContain('"ok":true');
    expect(wire.isOpen()).toBe(true);
    await scene.expectUnharmed({});
  });

  it.each([
    ["3,000 acknowledgements that were never asked for", 3000, [acknowledgement]],
    ["1,000 of any packet that nothing comes of", 1000, idle],
  ])("%s are counted, and close the connection", async (_what, count, packets) => {
    const scene = await setScene();
    const wires = await Promise.all(packets.map(() => scene.wire(transport)));
    for (const [index, wire] of wires.entries()) wire.send(...Array<string>(count).fill(packets[index] ?? ""));
    for (const wire of wires) await expect.poll(wire.isOpen).toBe(false);
    await scene.expectUnharmed({ rate_limited: packets.length });
    await expect.poll(() => scene.server.realtime.io.engine.clientsCount).toBe(1);
  });

  it("a namespace of any name is answered and written down as one line, without what stands behind a question mark", async () => {
    const scene = await setScene();
    const wire = await scene.wire(transport);
    const names = [
      "/ünïcödé",
      "/__proto__",
      "/constructor",
      "/x?token=geheim",
      "/\u202e\u001b[2J",
      "//",
      "/ ",
      `/${"x".repeat(10_000)}`,
    ];
    scene.keepSecret("geheim");
    wire.send(...names.map((name) => `40${name},{"csrf":"x"}`));
    for (const name of names) expect(await wire.next(`44${name},`)).toContain("Invalid namespace");
    wire.send('421["check_connection",{}]');
    expect(await wire.next("431[")).toContain('"ok":true');
    await scene.expectUnharmed({ event_unknown: names.length });
  });

  it("a namespace of 64 KB closes the connection", async () => {
    const scene = await setScene();
    for (const rest of ["", ",", ',{"csrf":"x"}']) {
      const wire = await scene.wire(transport);
      wire.send(`40/${"y".repeat(65_536)}${rest}`);
      await expect.poll(wire.isOpen).toBe(false);
    }
    await scene.expectUnharmed({ payload_too_large: 3 });
  });
});

describe("a polling body", () => {
  const post = async ({ server }: Scene, sid: string, body: string | Buffer, type = "text/plain") => {
    const head = [
      ["Origin", server.url],
      ["Content-Type", type],
      ["Content-Length", String(Buffer.byteLength(body))],
    ] as const;
    const request = Buffer.concat([Buffer.from(rawRequest("POST", pollingPath(sid), head)), Buffer.from(body)]);
    return (await sendRaw(server.port, request)).status;
  };
  const isKnown = async ({ server }: Scene, sid: string): Promise<boolean> => {
    const get = rawRequest("GET", pollingPath(sid), [["Origin", server.url]]);
    const { status, body } = await sendRaw(server.port, get);
    return status === 200 && !body.split("\x1e").includes("1");
  };

  it.each([
    ["a separator alone", "\x1e"],
    ["two separators in a row", "40/nope,\x1e\x1e6"],
    ["a separator at its end", "6\x1e"],
    ["an attachment that belongs to none", "bYWJj"],
    ["base64 that is none", "b!!!!"],
    ["the length of a packet before it, as protocol 3 had it", "2:40"],
    ["an event in a string of its own", "4\"42['x']\""],
    ["bytes that are no UTF-8", Buffer.from([0xff, 0xfe, 0x34])],
    ["nothing", ""],
  ])("with %s closes its connection", async (_what, body) => {
    const scene = await setScene();
    const sid = await openSid(scene.server);
    await post(scene, sid, body);
    expect(await isKnown(scene, sid)).toBe(false);
    const unknown = String(body).startsWith("40/nope") ? { event_unknown: 1 } : {};
    await scene.expectUnharmed({ payload_invalid: 1, ...unknown });
  });

  it("of bytes instead of text is refused, and the connection is kept", async () => {
    const scene = await setScene();
    const sid = await openSid(scene.server);
    expect(await post(scene, sid, "40/nope,", "application/octet-stream")).toBe(400);
    expect(await post(scene, sid, "40/nope,")).toBe(200);
    expect(await isKnown(scene, sid)).toBe(true);
    await post(scene, sid, "1");
    await scene.expectUnharmed({ payload_invalid: 1, event_unknown: 1 });
  });
});
