/** Case A, handshake: a malformed request for a connection gets a clear refusal, and holds no resources. */
import { describe, expect } from "vitest";
import { type RawHeaders, rawRequest, upgradeHeaders } from "../../src/testing/index.ts";
import { hostileCase } from "./harness.ts";
import type { RawSocket } from "./raw-socket.ts";
import { openTcp } from "./tcp.ts";

const polling = "/socket.io/?EIO=4&transport=polling";
const http = ["polling"] as const;
const websocket = ["websocket"] as const;
const unlimited = { SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "100000" };

describe("the target", () => {
  hostileCase("with path tricks is under the same policy or not ours", { records: "nothing" }, async (attack) => {
    const own: RawHeaders = [["Origin", "https://evil.example"]];
    const paths = ["/socket.io/../socket.io/", "//socket.io/", "/socket.io//", "/SOCKET.IO/", "/socket.io/x"];
    paths.push("/socket.io/%2e%2e/socket.io/", "/%73ocket.io/", "/socket.io/;a=b", "/socket.io\\", "/socket.io/./");
    for (const path of paths) {
      const { status } = await attack.send("GET", `${path}?EIO=4&transport=polling`, own);
      expect([path, status]).toEqual([path, 404]);
    }
  });

  hostileCase(
    "without the slash at the end is under the same policy",
    { records: { origin_refused: 2 } },
    async ({ send }) => {
      const own: RawHeaders = [["Origin", "https://evil.example"]];
      for (const transport of ["polling", "websocket"]) {
        expect((await send("GET", `/socket.io?EIO=4&transport=${transport}`, own)).status).toBe(403);
      }
    },
  );

  hostileCase(
    "with repeated or prototype-named parameters is refused with 400",
    { records: { payload_invalid: 8 } },
    async ({ knock, server }) => {
      const queries = ["&transport=polling", "&sid=a&sid=b", "&%73id=a&sid=b", "&EIO=4", "&__proto__=1"];
      queries.push("&constructor=1", "&toString=1", "&__proto__[sid]=1&hasOwnProperty=");
      for (const query of queries) expect((await knock([["Origin", server.url]], query)).status).toBe(400);
    },
  );
});

describe("headers", () => {
  hostileCase("by the thousands are answered with 431", { records: "nothing" }, async ({ knock, server }) => {
    const many = Array.from({ length: 2500 }, () => ["a", ""] as const);
    expect((await knock([...many, ["Origin", server.url]])).status).toBe(431);
    expect((await knock([["Origin", server.url], ...many])).status).toBe(431);
  });
});

describe("an upgrade", () => {
  hostileCase(
    "that is reset around its 101, a thousand times, leaves nothing",
    { records: "nothing", over: websocket, env: unlimited },
    async ({ server }) => {
      const request = rawRequest("GET", polling.replace("polling", "websocket"), [
        ...upgradeHeaders,
        ["Origin", server.url],
      ]);
      for (let round = 0; round < 40; round += 1) {
        const streams = await Promise.all(Array.from({ length: 25 }, () => openTcp(server.port, request)));
        for (const [index, stream] of streams.entries()) {
          if (index % 3 === 0) stream.reset();
          else if (index % 3 === 1) setImmediate(() => stream.reset());
          else
            void expect
              .poll(stream.text)
              .not.toBe("")
              .then(() => stream.reset());
        }
        await Promise.all(streams.map((stream) => stream.closed()));
      }
    },
  );
});

describe("a body", () => {
  hostileCase(
    "that is never finished ends its connection within 15 s, on our paths",
    {
      records: { origin_refused: 1 },
      over: http,
      withinMs: 40_000,
      env: { SOCKETIO_PING_INTERVAL: "100", SOCKETIO_PING_TIMEOUT: "100" },
    },
    async ({ server, openSid, tcp }) => {
      const headers: RawHeaders = [
        ["Origin", server.url],
        ["Content-Type", "text/plain"],
        ["Content-Length", "1000"],
      ];
      const targets = [`${polling}&sid=${await openSid()}`, `${polling}&sid=nobody`, "/realtime/client-config"];
      const requests = targets.map((target) => rawRequest("POST", target, headers));
      requests.push(rawRequest("POST", targets[1] ?? "", [...headers.slice(1), ["Origin", "https://evil.example"]]));
      const streams = await Promise.all(requests.map((request) => tcp(`${request}4`)));
      const drip = setInterval(() => streams.forEach((stream) => void (stream.isOpen() && stream.write("x"))), 1000);
      await Promise.all(streams.map((stream) => stream.closed(15_000))).finally(() => clearInterval(drip));
    },
  );

  const limit = 100_000;
  const limits = { SOCKETIO_MAX_HTTP_BUFFER_SIZE: `${limit}`, SIGNALBOX_MAX_EVENT_SIZE: `${limit}` };
  /** A pong with extra bytes: the server reads it, and it has no effect. */
  const frame = (bytes: number) => `3${"y".repeat(bytes - 1)}`;

  hostileCase(
    "at the limit is read, and a byte more is answered with 413 and the end",
    { records: { payload_too_large: 1 }, over: http, env: limits },
    async ({ server, signIn, connectPacket, openSid, send }) => {
      const { cookie } = signIn();
      const sid = await openSid({ Cookie: cookie });
      const headers: RawHeaders = [
        ["Origin", server.url],
        ["Cookie", cookie],
      ];
      const statusOf = async (body: string) => (await send("POST", `${polling}&sid=${sid}`, headers, body)).status;
      expect(await statusOf(await connectPacket(cookie))).toBe(200);
      expect([await statusOf(frame(limit - 1)), await statusOf(frame(limit))]).toEqual([200, 200]);
      expect(await statusOf(frame(limit + 1))).toBe(413);
      await expect.poll(() => server.realtime.io.engine.clientsCount).toBe(1);
    },
  );

  hostileCase(
    "of a frame at the limit is read, and a byte more closes with 1009",
    { records: { payload_too_large: 1 }, over: websocket, env: limits },
    async ({ enter, server }) => {
      const { socket } = (await enter()) as RawSocket;
      const code = new Promise((resolve) => socket.once("close", resolve));
      for (const bytes of [limit - 1, limit]) socket.send(frame(bytes));
      await expect.poll(() => socket.bufferedAmount).toBe(0);
      expect(server.realtime.io.of("/").sockets.size).toBe(2);
      socket.send(frame(limit + 1));
      expect(await code).toBe(1009);
    },
  );
});
