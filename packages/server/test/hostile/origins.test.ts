/**
 * Case A, origin: one list for every entry point, compared byte by byte; an origin that is not on it is refused and
 * recorded.
 */
import { describe, expect } from "vitest";
import type { RawHeaders, RawResponse } from "../../src/testing/index.ts";
import type { Attacker } from "./attacker.ts";
import { hostileCase } from "./harness.ts";

const polling = "/socket.io/?EIO=4&transport=polling";
const foreign = "https://evil.example";
const from = (origin: string): RawHeaders => [["Origin", origin]];
const http = ["polling"] as const;

function expectRefused({ status, headers, body }: RawResponse): void {
  expect(status).toBe(403);
  expect(headers.has("access-control-allow-origin")).toBe(false);
  expect(JSON.parse(body).error).toMatchObject({ code: "origin_refused" });
}

/** Every entry point, including one with a known `sid`: for T1, a client that knows one has no more rights. */
async function askOnEveryWay({ send, openSid, knock, signIn }: Attacker, headers: RawHeaders): Promise<RawResponse[]> {
  const { cookie } = signIn();
  const all: RawHeaders = [...headers, ["Cookie", cookie]];
  const sid = await openSid({ Cookie: cookie });
  return [
    await knock(all),
    await knock(all, `&sid=${sid}`),
    await send("OPTIONS", polling, [...headers, ["Access-Control-Request-Method", "POST"]]),
    await send("POST", `${polling}&sid=${sid}`, all, "40"),
    await send("GET", "/realtime/client-config", all),
  ];
}

describe("a foreign origin", () => {
  hostileCase(
    "is refused on preflight, GET, POST, upgrade and HTTP, with and without a sid",
    { records: { origin_refused: 5 } },
    async (attack) => {
      for (const answer of await askOnEveryWay(attack, from(foreign))) expectRefused(answer);
    },
  );

  hostileCase("that is nearly ours is refused", { records: { origin_refused: 12 } }, async ({ knock, server }) => {
    const { url, port } = server;
    const alike = [
      "null",
      "",
      url.replace("http:", "ws:"),
      `http://127.0.0.1:${port + 1}`,
      "http://127.0.0.1",
      `${url}/`,
      `http://127.0.0.1.:${port}`,
      url.toUpperCase(),
      `http://x@127.0.0.1:${port}`,
      `http://2130706433:${port}`,
      `http://127.0.0.1.evil.example:${port}`,
      `${foreign} ${url}`,
    ];
    for (const origin of alike) expectRefused(await knock(from(origin)));
  });

  const site = "https://app.example.com";
  hostileCase(
    "that is nearly the listed one is refused",
    { records: { origin_refused: 6 }, env: { SOCKETIO_CORS_ORIGINS: site }, origin: site },
    async ({ knock }) => {
      const cyrillic = Buffer.from("https://\u0430pp.example.com").toString("latin1");
      const alike = [`${site}:443`, "https://APP.example.com", `${site}.`, "http://app.example.com", cyrillic, "null"];
      for (const origin of alike) expectRefused(await knock(from(origin)));
    },
  );

  hostileCase(
    "null passes where it is listed, and no other with it",
    { records: { origin_refused: 1 }, env: { SOCKETIO_CORS_ORIGINS: `null,${site}` }, origin: site },
    async ({ knock, transport }) => {
      expect((await knock(from("null"))).status).toBe(transport === "polling" ? 200 : 101);
      expectRefused(await knock(from(foreign)));
    },
  );
});

describe("a rule for subdomains", () => {
  const env = { SOCKETIO_CORS_ORIGINS: "https://*.example.com" };
  hostileCase(
    "lets in no bare domain, look-alike, other scheme or port",
    { records: { origin_refused: 7 }, env, origin: "https://app.example.com" },
    async ({ knock, openSid }) => {
      const others = ["https://example.com", "https://xexample.com", "https://.example.com", "https://a..example.com"];
      others.push("http://app.example.com", "https://app.example.com:444", "https://app.example.com.evil.example");
      for (const origin of others) expectRefused(await knock(from(origin)));
      await openSid({ Origin: "https://nested.app.example.com" });
    },
  );
});

describe("an allowed origin", () => {
  hostileCase("is answered with exactly itself, credentials and Vary", { records: "nothing" }, async (attack) => {
    const { status, headers } = await attack.knock(from(attack.server.url));
    expect(status).toBe(attack.transport === "polling" ? 200 : 101);
    if (attack.transport === "websocket") return;
    const sid = await attack.openSid();
    const own = from(attack.server.url);
    const posted = await attack.send("POST", `${polling}&sid=${sid}`, own, "1");
    const preflight = await attack.send("OPTIONS", polling, own);
    expect([posted.status, preflight.status]).toEqual([200, 204]);
    for (const each of [headers, posted.headers, preflight.headers]) {
      expect(each.get("access-control-allow-origin")).toBe(attack.server.url);
      expect(each.get("access-control-allow-credentials")).toBe("true");
      expect(each.get("vary")).toContain("Origin");
    }
  });
});

describe("no Origin", () => {
  hostileCase(
    "with a session cookie is refused on POST and upgrade, whatever Fetch Metadata says",
    { records: { origin_refused: 4 } },
    async ({ transport, openSid, send, knock, signIn }) => {
      const { cookie } = signIn();
      const sid = await openSid({ Cookie: cookie });
      const isPolling = transport === "polling";
      for (const site of [[], ["same-origin"], ["none"], ["cross-site"]]) {
        const headers: RawHeaders = [
          ["Cookie", `signalbox_node=1; ${cookie}`],
          ...site.map((each) => ["Sec-Fetch-Site", each] as const),
        ];
        expectRefused(await (isPolling ? send("POST", `${polling}&sid=${sid}`, headers, "40") : knock(headers)));
      }
    },
  );

  hostileCase(
    "without a cookie is refused on POST and upgrade where Fetch Metadata tells of a browser",
    { records: { origin_refused: 3 } },
    async ({ transport, openSid, send, knock }) => {
      const sid = await openSid();
      const isPolling = transport === "polling";
      for (const site of ["same-origin", "none", "cross-site"]) {
        const headers: RawHeaders = [["Sec-Fetch-Site", site]];
        expectRefused(await (isPolling ? send("POST", `${polling}&sid=${sid}`, headers, "40") : knock(headers)));
      }
    },
  );

  hostileCase(
    "and no credential reaches the namespace's authentication, and no further",
    { records: { auth_failed: 1 }, over: http },
    async ({ openSid, send }) => {
      const sid = await openSid();
      const posted = await send("POST", `${polling}&sid=${sid}`, [["Cookie", "signalbox_node=1"]], "40");
      expect(posted.status).toBe(200);
      const { body } = await send("GET", `${polling}&sid=${sid}`);
      expect(body).toContain("session_missing");
    },
  );

  hostileCase(
    "passes on GET from the page itself, and from nowhere else",
    { records: { origin_refused: 4 }, over: http },
    async ({ knock }) => {
      for (const site of ["same-site", "cross-site", "none", "same-origin, cross-site"]) {
        expectRefused(await knock([["Sec-Fetch-Site", site]]));
      }
      expect((await knock([["Sec-Fetch-Site", "same-origin"]])).status).toBe(200);
      expect((await knock([])).status).toBe(200);
    },
  );

  hostileCase(
    "with a bearer token passes, but not beside a session cookie",
    { records: { origin_refused: 1 } },
    async (attack) => {
      const { cookie } = attack.signIn();
      const bearer = ["Authorization", `Bearer ${cookie.split("=")[1]}`] as const;
      expect((await attack.knock([bearer])).status).toBe(attack.transport === "polling" ? 200 : 101);
      const cross = ["Sec-Fetch-Site", "cross-site"] as const;
      expectRefused(await attack.knock([bearer, cross, ["Cookie", cookie]]));
    },
  );
});

describe("the header", () => {
  hostileCase(
    "twice is refused, in any order and case, whichever is allowed",
    { records: { origin_refused: 3 } },
    async ({ knock, server }) => {
      const own = ["Origin", server.url] as const;
      expectRefused(await knock([own, ["Origin", foreign]]));
      expectRefused(await knock([["oRIGIN", foreign], own]));
      expectRefused(await knock([own, own]));
    },
  );

  hostileCase(
    "of 60 KB is answered with 431, and one of 12 KB leaves one short line",
    { records: { origin_refused: 1 } },
    async ({ knock }) => {
      expect((await knock(from(`https://${"a".repeat(60_000)}.example`))).status).toBe(431);
      expectRefused(await knock(from(`https://${"a".repeat(12_000)}.example`)));
    },
  );

  hostileCase(
    "with control characters or broken UTF-8 is refused, the log line whole",
    { records: { origin_refused: 2 } },
    async ({ knock }) => {
      for (const bad of ["\0", "\x01", "\x1b[2J", "\x7f"]) {
        expect((await knock(from(`https://a${bad}.example`))).status).toBe(400);
      }
      for (const odd of ["\x9b2J", "\xff\xfe\u0085"])
        expectRefused(await knock(from(`https://a${odd}.example","x":"`)));
    },
  );
});
