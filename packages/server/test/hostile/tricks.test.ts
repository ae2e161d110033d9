/** Attacks that rely on the sources of Node, `ws`, Engine.IO and Signalbox. */
import { describe, expect } from "vitest";
import { type RawHeaders, rawRequest, sendRaw, upgradeHeaders } from "../../src/testing/index.ts";
import { hostileCase } from "./harness.ts";

const polling = "/socket.io/?EIO=4&transport=polling";
const websocket = "/socket.io/?EIO=4&transport=websocket";
const http = ["polling"] as const;
const raw = { records: "nothing", over: http } as const;
const foreign = ["Origin", "https://evil.example"] as const;

describe("HTTP", () => {
  hostileCase("an absolute-form or authority-form target is not ours", raw, async ({ send, server }) => {
    for (const target of [`${server.url}${polling}`, `http://evil.example${polling}`]) {
      expect((await send("GET", target, [foreign])).status).toBe(404);
    }
  });

  hostileCase("methods that nobody needs open nothing", raw, async ({ send, server, hide }) => {
    hide("secret-of-a-trace");
    for (const method of ["HEAD", "PUT", "DELETE", "PATCH", "TRACE"]) {
      const headers: RawHeaders = [
        ["Origin", server.url],
        ["X-Secret", "secret-of-a-trace"],
      ];
      const { status, body } = await send(method, polling, headers);
      expect([method, status >= 400]).toEqual([method, true]);
      expect(body).not.toContain("secret-of-a-trace");
    }
    expect(server.realtime.io.engine.clientsCount).toBe(1);
  });

  hostileCase("methods on somebody's open connection do not end it", raw, async ({ connect, send, server }) => {
    const owner = await connect();
    const { id } = owner.socket.io.engine;
    for (const method of ["HEAD", "PUT", "DELETE"]) {
      expect((await send(method, `${polling}&sid=${id}`, [["Origin", server.url]])).status).toBe(405);
    }
    expect(await owner.request("check_connection", {})).toMatchObject({ ok: true });
  });

  hostileCase("CONNECT is answered by nobody, and closed", raw, async ({ tcp, server }) => {
    const stream = await tcp(rawRequest("CONNECT", `127.0.0.1:${server.port}`, []));
    await stream.closed();
    expect(stream.text()).not.toContain(" 200 ");
  });

  hostileCase("two lengths, or a length beside chunks, are refused with 400", raw, async ({ server }) => {
    const own = ["Origin", server.url] as const;
    const games: RawHeaders[] = [
      [own, ["Content-Length", "4"], ["Content-Length", "5"]],
      [own, ["Content-Length", "4"], ["Transfer-Encoding", "chunked"]],
      [own, ["Transfer-Encoding", "chunked, identity"]],
      [own, ["Transfer-Encoding", "xchunked"]],
    ];
    for (const headers of games) {
      const answer = await sendRaw(server.port, rawRequest("POST", polling, headers));
      expect([headers.at(-1), answer.status]).toEqual([headers.at(-1), 400]);
    }
  });

  hostileCase(
    "a request smuggled behind another is judged by itself",
    { records: { origin_refused: 1 }, over: http },
    async ({ tcp, server }) => {
      const first = rawRequest("GET", "/realtime/client-config", [["Origin", server.url]]);
      const second = rawRequest("GET", polling, [foreign, ["Connection", "close"]]);
      const stream = await tcp(first + second);
      await stream.closed();
      expect(stream.text().match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 403"]);
    },
  );

  hostileCase(
    "Expect: 100-continue does not get past the origin",
    { records: { origin_refused: 1 }, over: http },
    async ({ tcp }) => {
      const headers: RawHeaders = [
        foreign,
        ["Expect", "100-continue"],
        ["Content-Length", "2"],
        ["Connection", "close"],
      ];
      const stream = await tcp(rawRequest("POST", polling, headers));
      await expect.poll(stream.text).toContain("403");
    },
  );

  hostileCase(
    "HTTP/1.0 without Host gets no further than HTTP/1.1",
    { records: { origin_refused: 1 }, over: http },
    async ({ server }) => {
      const answer = await sendRaw(server.port, `GET ${polling} HTTP/1.0\r\nOrigin: ${foreign[1]}\r\n\r\n`);
      expect(answer.status).toBe(403);
    },
  );
});

describe("the query", () => {
  hostileCase(
    "JSONP, EIO=3, b64 and foreign transports open nothing",
    { ...raw, records: { payload_invalid: 2 } },
    async ({ send, server, knock }) => {
      const own: RawHeaders = [["Origin", server.url]];
      for (const query of [
        "EIO=3&transport=polling",
        "transport=polling",
        "EIO=4&transport=webtransport",
        "EIO=4&transport=__proto__",
        "EIO=4",
      ]) {
        expect([query, (await send("GET", `/socket.io/?${query}`, own)).status]).toEqual([query, 400]);
      }
      const { status, body, headers } = await knock(own, "&j=0);alert(1)//&b64=1");
      expect(status === 400 || /^(0\{|___eio\[01?\]\()/.test(body)).toBe(true);
      expect(headers.get("content-type")).not.toContain("html");
    },
  );
});

describe("an upgrade", () => {
  const over = ["websocket"] as const;
  hostileCase(
    "with a bad key, version, method or protocol is refused, and nothing stays",
    { records: "nothing", over },
    async ({ server }) => {
      const own = ["Origin", server.url] as const;
      const without = (name: string) => upgradeHeaders.filter(([each]) => each !== name);
      const bad: RawHeaders[] = [
        without("Sec-WebSocket-Key"),
        [...without("Sec-WebSocket-Key"), ["Sec-WebSocket-Key", "short"]],
        [...without("Sec-WebSocket-Version"), ["Sec-WebSocket-Version", "12"]],
        [...upgradeHeaders, ["Sec-WebSocket-Protocol", "a,,b"]],
      ];
      for (const headers of bad) {
        const { status } = await sendRaw(server.port, rawRequest("GET", websocket, [...headers, own]));
        expect([headers.at(-1), status >= 400]).toEqual([headers.at(-1), true]);
      }
      expect(
        (await sendRaw(server.port, rawRequest("POST", websocket, [...upgradeHeaders, own]))).status,
      ).toBeGreaterThanOrEqual(400);
      expect(server.realtime.io.engine.clientsCount).toBe(1);
    },
  );

  hostileCase(
    "of somebody's polling connection by their own sid, twice, keeps it",
    { records: "nothing", over },
    async ({ connect, server, tcp, signIn }) => {
      const { cookie } = signIn();
      const owner = await connect({ transport: "polling", cookie });
      const headers: RawHeaders = [...upgradeHeaders, ["Origin", server.url], ["Cookie", cookie]];
      const target = `${websocket}&sid=${owner.socket.io.engine.id}`;
      const streams = await Promise.all([0, 1, 2].map(() => tcp(rawRequest("GET", target, headers))));
      await expect.poll(() => streams.some((stream) => stream.text().includes("101"))).toBe(true);
      for (const stream of streams) stream.reset();
      expect(await owner.request("check_connection", {})).toMatchObject({ ok: true });
    },
  );
});

describe("cookies", () => {
  hostileCase(
    "with the sid of a namespace's socket are no sid of a connection",
    raw,
    async ({ connect, send, server }) => {
      const owner = await connect();
      const { status } = await send("GET", `${polling}&sid=${owner.socket.id}`, [["Origin", server.url]]);
      expect(status).toBe(400);
    },
  );
});
