/**
 * R1.6: one policy on preflight, HTTP, polling and upgrade, with and without a known sid. Raw requests: no client
 * library in between.
 */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  connectClient,
  type RawHeaders,
  type RawResponse,
  rawRequest,
  refusalOf,
  sendRaw,
  startTestServer,
  type TestServer,
  upgradeHeaders,
} from "../../src/testing/index.ts";

const foreign = "https://evil.example";
const polling = "/socket.io/?EIO=4&transport=polling";
const websocket = "/socket.io/?EIO=4&transport=websocket";

let server: TestServer;
let cookie: string;
beforeAll(async () => {
  server = await startTestServer();
  cookie = server.sessions.signIn({ userId: "ada" }).cookie;
});
afterAll(() => server.close());

const send = (method: string, target: string, headers: RawHeaders = [], body = ""): Promise<RawResponse> =>
  sendRaw(server.port, rawRequest(method, target, [["Connection", "close"], ...headers], body));
const upgrade = (target: string, headers: RawHeaders): Promise<RawResponse> =>
  sendRaw(server.port, rawRequest("GET", target, [...upgradeHeaders, ...headers]));

/** Opens a polling connection as the signed-in user and returns its sid. */
async function openSid(): Promise<string> {
  const response = await send("GET", polling, [
    ["Origin", server.url],
    ["Cookie", cookie],
  ]);
  expect(response.status).toBe(200);
  return JSON.parse(response.body.slice(response.body.indexOf("{"), response.body.indexOf("}") + 1)).sid;
}

function expectRefused(response: RawResponse): void {
  expect(response.status).toBe(403);
  expect(response.headers.has("access-control-allow-origin")).toBe(false);
  expect(JSON.parse(response.body).error).toMatchObject({ code: "origin_refused", category: "origin" });
}

describe("a foreign origin is refused with 403", () => {
  const headers = (): RawHeaders => [
    ["Origin", foreign],
    ["Cookie", cookie],
  ];

  it("on preflight", async () => {
    const ask: RawHeaders = [["Access-Control-Request-Method", "POST"]];
    expectRefused(await send("OPTIONS", polling, [...headers(), ...ask]));
    expectRefused(await send("OPTIONS", "/realtime/client-config", [...headers(), ...ask]));
  });
  it("on HTTP", async () => expectRefused(await send("GET", "/realtime/client-config", headers())));
  it("on polling without a sid", async () => expectRefused(await send("GET", polling, headers())));
  it("on polling with a sid", async () => {
    const sid = await openSid();
    expectRefused(await send("GET", `${polling}&sid=${sid}`, headers()));
    expectRefused(await send("POST", `${polling}&sid=${sid}`, headers(), "40"));
  });
  it("on upgrade without a sid", async () => expectRefused(await upgrade(websocket, headers())));
  it("on upgrade with a sid", async () => {
    const sid = await openSid();
    expectRefused(await upgrade(`${websocket}&sid=${sid}`, headers()));
  });
  it("and is logged with the origin, the list in force and the setting that would allow it", async () => {
    await send("GET", polling, headers());
    const { rows } = await adminLog("origin_refused");
    expect(rows[0]).toMatchObject({ type: "origin_refused", origin: foreign, ip: "127.0.0.1" });
    expect(rows[0].detail).toContain("SOCKETIO_CORS_ORIGINS");
    expect(rows[0].detail).toContain(server.url);
  });
});

async function adminLog(filter: string) {
  const admin = server.sessions.signIn({ userId: "root", role: "admin" });
  const client = await connectClient(server.url, { cookie: admin.cookie, namespace: "/admin" });
  const answer = await client.request("list_security_events", { filter });
  client.close();
  return answer;
}

describe("an allowed origin", () => {
  it.each([
    ["preflight", () => send("OPTIONS", polling, [["Origin", server.url]]), 204],
    ["HTTP", () => send("GET", "/realtime/client-config", [["Origin", server.url]]), 200],
    ["polling", () => send("GET", polling, [["Origin", server.url]]), 200],
  ])("is answered on %s with exactly that origin, credentials and Vary", async (_way, request, status) => {
    const response = await request();
    expect(response.status).toBe(status);
    expect(response.headers.get("access-control-allow-origin")).toBe(server.url);
    expect(response.headers.get("access-control-allow-credentials")).toBe("true");
    expect(response.headers.get("vary")).toContain("Origin");
  });
  it("is upgraded", async () => {
    expect((await upgrade(websocket, [["Origin", server.url]])).status).toBe(101);
  });
});

describe("a request without an Origin", () => {
  it("is refused on upgrade and POST when it brings a cookie", async () => {
    expectRefused(await upgrade(websocket, [["Cookie", cookie]]));
    expectRefused(await send("POST", `${polling}&sid=${await openSid()}`, [["Cookie", cookie]], "40"));
  });
  it("passes on upgrade with a bearer token instead of a cookie", async () => {
    expect((await upgrade(websocket, [["Authorization", "Bearer abc"]])).status).toBe(101);
  });
  it("is refused on GET when the browser says that another site sent it", async () => {
    expectRefused(await send("GET", polling, [["Sec-Fetch-Site", "cross-site"]]));
    expect((await send("GET", polling, [["Sec-Fetch-Site", "same-origin"]])).status).toBe(200);
  });
});

describe("a sid belongs to the session that opened it", () => {
  it("another session's cookie is refused with 403, and the owner keeps the connection", async () => {
    const sid = await openSid();
    const other = server.sessions.signIn({ userId: "mallory" }).cookie;
    for (const stolen of [[["Cookie", other]], []] as RawHeaders[]) {
      const headers: RawHeaders = [["Origin", server.url], ...stolen];
      expect((await send("GET", `${polling}&sid=${sid}`, headers)).status).toBe(403);
      expect((await upgrade(`${websocket}&sid=${sid}`, headers)).status).toBe(403);
    }
    const mine: RawHeaders = [
      ["Origin", server.url],
      ["Cookie", cookie],
    ];
    expect((await send("POST", `${polling}&sid=${sid}`, mine, "40")).status).toBe(200);
  });
});

describe("the query", () => {
  it.each(["&sid=a&sid=b", "&transport=websocket", "&__proto__=1", "&constructor=1"])(
    "with %s is refused with 400",
    async (query) => {
      expect((await send("GET", `${polling}${query}`, [["Origin", server.url]])).status).toBe(400);
    },
  );
});

describe("GET /realtime/reachable", () => {
  it("answers any page, without credentials, so that a browser can tell a refused origin from a dead server", async () => {
    const response = await send("GET", "/realtime/reachable", [["Origin", foreign]]);
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.has("access-control-allow-credentials")).toBe(false);
  });

  it("passes the preflight of a page whose requests carry headers of its own", async () => {
    const response = await send("OPTIONS", "/realtime/reachable", [
      ["Origin", foreign],
      ["Access-Control-Request-Method", "GET"],
      ["Access-Control-Request-Headers", "x-of-the-application"],
    ]);
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-headers")).toBe("*");
  });
});

describe("SOCKETIO_CORS_REPORT_ONLY", () => {
  it("lets a foreign origin pass on all four ways, and logs what it would have refused", async () => {
    const lenient = await startTestServer({ env: { SOCKETIO_CORS_REPORT_ONLY: "true" } });
    onTestFinished(() => lenient.close());
    const ask = async (method: string, target: string, headers: RawHeaders = []) => {
      const all: RawHeaders = [["Origin", foreign], ...headers];
      return sendRaw(lenient.port, rawRequest(method, target, all));
    };
    const preflight = await ask("OPTIONS", polling, [["Access-Control-Request-Method", "POST"]]);
    const http = await ask("GET", "/realtime/client-config");
    const poll = await ask("GET", polling);
    expect([preflight, http, poll].map(({ status }) => status)).toEqual([204, 200, 200]);
    for (const { headers } of [preflight, http, poll]) {
      expect(headers.get("access-control-allow-origin")).toBe(foreign);
    }
    expect((await ask("GET", websocket, upgradeHeaders)).status).toBe(101);
    const metrics = await (await fetch(`${lenient.url}/metrics`)).text();
    expect(metrics).toContain('signalbox_refusals_total{code="origin_refused"} 4');
    expect(metrics).toContain('signalbox_security_events_total{type="origin_refused"} 4');
    expect(JSON.stringify(lenient.logged)).toContain("Let pass, because SOCKETIO_CORS_REPORT_ONLY is on.");
  });
  it("lets no foreign page act for a visitor: a cookie still needs its CSRF token", async () => {
    const lenient = await startTestServer({ env: { SOCKETIO_CORS_REPORT_ONLY: "true" } });
    onTestFinished(() => lenient.close());
    const own = lenient.sessions.signIn({ userId: "ada" }).cookie;
    expect((await refusalOf(lenient.url, { cookie: own, origin: foreign, auth: {} })).code).toBe("csrf_invalid");
  });
});
