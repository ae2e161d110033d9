/** What is sent over a connection that was let in. */
import { connect } from "node:net";
import { rawRequest, upgradeHeaders } from "@signalbox/server/testing";
import {
  type Attacker,
  certain,
  connectFrame,
  passed,
  pollingPath,
  refusalIn,
  until,
  upgradePath,
} from "../attacker.ts";
import type { Finding, Probe } from "../probe.ts";
import { exitOf } from "./connections.ts";

export const packetProbes: readonly Probe[] = [
  crash("T8", "An event that asks for no answer does not end the process", ['42["check_connection",{}]']),
  crash("T9", "An event named `error`, in any shape, does not end the process", [
    '42["error"]',
    '42["error",null]',
    '42["error",{}]',
  ]),
  flood("T10", "Packets are counted, not requests: a body with 100,000 events ends the connection", '42["a"]', 100_000),
  flood("T10", "Acknowledgements that nobody asked for are counted too", "430[]", 100_000),
  {
    id: "T11",
    rule: "A client that does not read is closed before much waits for it",
    async run({ target }) {
      const { app } = target;
      const { cookie, auth } = await app.signIn("t11", "user");
      const socket = connect({ port: target.port, host: "127.0.0.1", localAddress: "127.0.3.11" });
      socket.on("error", () => {});
      const headers = [...upgradeHeaders, ["Origin", target.origin], ["Cookie", cookie]] as const;
      socket.write(rawRequest("GET", upgradePath(), headers));
      await new Promise((resolve) => socket.once("data", resolve));
      socket.write(maskedText(connectFrame(auth)));
      await certain("the client is let in", async () => (await app.facts("t11")).sockets === 1);
      socket.pause();
      await app.note("/", "t11", "x".repeat(1000), 26_000);
      await passed(300);
      const { sockets, waiting } = await app.facts("t11");
      socket.destroy();
      return { open: sockets > 0, seen: `${sockets > 0 ? "connected" : "closed"}, ${waiting} packets of 1 KB wait` };
    },
  },
  crash("T12", "An event nested 200,000 deep does not end the process", [nested(200_000), nested(30_000)]),
  crash(
    "T13",
    "Event names such as `__proto__` or `toString` do not end the process",
    ["__proto__", "constructor", "toString", "", 5].map((name) => `42${JSON.stringify([name, {}])}`),
  ),
  crash("D", "A handler that throws does not end the process", ['420["join_room",{"room_id":"faulty"}]']),
  {
    id: "C",
    rule: "An event that was not declared is refused",
    async run({ target, enter }) {
      const wire = await enter(await target.app.signIn("undeclared", "user"));
      wire.send('427["progress_update",{"task_id":"t","status":"completed"}]');
      const refused = await until(() => refusalIn(wire) !== undefined, 1000);
      return { open: !refused, seen: refused ? `refused: \`${refusalIn(wire)}\`` : "no answer" };
    },
  },
  {
    id: "C",
    rule: "The rooms of a socket are bounded",
    patient: true,
    async run({ target, enter }) {
      const wire = await enter(await target.app.signIn("rooms", "user"));
      const asked = 160;
      // At a pace that no limit of messages minds.
      for (let n = 0; n < asked; n += 1) {
        wire.send(`42${n}["join_room",{"room_id":"r${n}"}]`);
        await passed(25);
      }
      await certain("every request is answered", () =>
        wire.frames.some((frame) => frame.startsWith(`43${asked - 1}[`)),
      );
      const { rooms } = await target.app.facts("rooms");
      return { open: rooms >= asked, seen: `in ${rooms} rooms after asking for ${asked}` };
    },
  },
  {
    id: "F",
    rule: "A flood of messages is handled only up to the limit",
    async run({ target, enter }) {
      const wire = await enter(await target.app.signIn("flood", "user"));
      const sent = 140;
      wire.send(...Array.from({ length: sent }, (_, n) => `42${n}["check_connection",{}]`));
      await certain("the last is answered", () => wire.frames.some((frame) => frame.startsWith(`43${sent - 1}[`)));
      const handled = wire.frames.filter((frame) => /^43\d+\[\{"ok":true/.test(frame)).length;
      return { open: handled === sent, seen: `${handled} of ${sent} sent at once are handled` };
    },
  },
];

/** Frames sent by a signed-in user. */
function crash(id: string, rule: string, frames: readonly string[]): Probe {
  return {
    id,
    rule,
    async run({ target, enter }: Attacker): Promise<Finding> {
      const wire = await enter(await target.app.signIn(`${id}-user`, "user"));
      wire.send(...frames);
      await until(() => !target.isAlive(), 500);
      return exitOf(target.isAlive());
    },
  };
}

/** One polling body with many packets (Engine.IO separates them with a record separator). */
function flood(id: string, rule: string, packet: string, count: number): Probe {
  return {
    id,
    rule,
    async run({ target, openPolling, request }) {
      const userId = `flood-${packet}`;
      const { cookie, auth } = await target.app.signIn(userId, "user");
      const own = { Origin: target.origin, Cookie: cookie };
      const sid = await openPolling(cookie);
      await request("POST", pollingPath(sid), own, connectFrame(auth));
      await certain("the client is let in", async () => (await target.app.facts(userId)).sockets === 1);
      const body = Array.from({ length: count }, () => packet).join("\x1e");
      // A client that is closed for it may get no answer.
      await request("POST", pollingPath(sid), own, body).catch(() => {});
      const { sockets, longestTurnMs } = await target.app.facts(userId);
      const end = sockets > 0 ? "connected" : "closed";
      return { open: sockets > 0, seen: `${end}, event loop held for ${longestTurnMs} ms` };
    },
  };
}

function nested(depth: number): string {
  return `42["check_connection",${"[".repeat(depth)}${"]".repeat(depth)}]`;
}

/** A text frame as a client sends it (RFC 6455 section 5.2), with a mask of zeros. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length > 65_535) throw new RangeError("Only frames up to 65,535 bytes are written here.");
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), payload]);
}
