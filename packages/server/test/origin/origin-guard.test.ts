/** How the guard judges real requests: duplicate, missing or malformed headers are as Node passes them on. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import type { Credential, SessionSource } from "../../src/core/ports.ts";
import type { Refusal } from "../../src/core/refusal.ts";
import { createOriginGuard, type Way } from "../../src/origin/origin-guard.ts";
import { createOriginPolicy } from "../../src/origin/origin-policy.ts";
import { createAmbientCredentialCheck } from "../../src/sessions/ambient-credential.ts";
import { type RawHeaders, rawRequest, sendRaw, upgradeHeaders } from "../../src/testing/raw-http.ts";

const ours = "http://app.test:5000";
const foreign = "https://evil.test";

/** The entry points, each with a method that uses it. */
const ways: readonly (readonly [method: string, way: Way])[] = [
  ["OPTIONS", "preflight"],
  ["GET", "http"],
  ["HEAD", "http"],
  ["DELETE", "http"],
  ["GET", "polling"],
  ["POST", "polling"],
  ["GET", "upgrade"],
];

/** Knows the cookie `sid`, and prefers a bearer token to it. */
const sessions: SessionSource = {
  credentialOf({ headers: { authorization, cookie = "" } }): Credential | undefined {
    if (cookie.includes("sid=throws")) throw new TypeError("The cookie cannot be read.");
    if (authorization?.startsWith("Bearer ")) return { kind: "bearer", value: authorization };
    return /(^|; )sid=/.test(cookie) ? { kind: "cookie", value: cookie } : undefined;
  },
  resolve: () => Promise.resolve("session_invalid"),
};

interface Outcome {
  readonly code: string | undefined;
  readonly hint: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly rule: string;
}

let server: Server;
let port: number;
let outcome: Outcome | undefined;
let reported: Refusal[];

beforeEach(() => start());
afterEach(() => stop());

async function start(env: Record<string, string> = {}): Promise<void> {
  const { config } = loadConfig({ HOST: "app.test", ...env });
  reported = [];
  const guard = createOriginGuard({
    config,
    policy: createOriginPolicy(config),
    hasAmbientCredential: createAmbientCredentialCheck([sessions]),
    onRefused: (_req, refusal) => reported.push(refusal),
  });
  const check = (req: IncomingMessage): void => {
    const { refusal, headers, verdict } = guard.check(req, req.url?.slice(1) as Way);
    outcome = { code: refusal?.code, hint: refusal?.hint, headers, rule: verdict.rule };
  };
  server = createServer((req, res) => {
    check(req);
    res.end();
  });
  server.on("upgrade", (req, socket) => {
    check(req);
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
}

async function stop(): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function restart(env: Record<string, string>): Promise<void> {
  await stop();
  await start(env);
}

/** Sends a request and returns the guard's outcome, or the status with which Node refused it before. */
async function send(method: string, way: Way, headers: RawHeaders): Promise<Outcome> {
  outcome = undefined;
  const connection: RawHeaders = way === "upgrade" ? upgradeHeaders : [["Connection", "close"]];
  const { status } = await sendRaw(port, rawRequest(method, `/${way}`, [...connection, ...headers]));
  if (outcome === undefined) throw new Error(`Answered ${status} in front of the guard.`);
  return outcome;
}

describe.each(ways)("%s on the way %s", (method, way) => {
  it("lets an allowed origin pass, with exactly that origin, credentials and Vary", async () => {
    const { code, headers } = await send(method, way, [["Origin", ours]]);
    expect(code).toBeUndefined();
    expect(headers).toMatchObject({
      "Access-Control-Allow-Origin": ours,
      "Access-Control-Allow-Credentials": "true",
      Vary: "Origin",
    });
    expect(reported).toEqual([]);
  });

  it.each([
    ["a foreign origin", foreign],
    ["null", "null"],
    ["another scheme", "ws://app.test:5000"],
    ["another port", "http://app.test:5001"],
    ["upper case", "http://APP.test:5000"],
    ["a trailing dot", "http://app.test.:5000"],
    ["a path", "http://app.test:5000/"],
    ["look-alike letters", "http://\u0430pp.test:5000"],
    ["two origins in one header", `${ours}, ${foreign}`],
    ["an empty value", ""],
  ])("refuses %s, tells of it once, and lets no page read the answer", async (_what, origin) => {
    const { code, headers, rule } = await send(method, way, [["Origin", origin]]);
    expect({ code, headers, rule }).toEqual({
      code: "origin_refused",
      headers: { Vary: "Origin" },
      rule: "not in the list",
    });
    expect(reported).toMatchObject([{ code: "origin_refused" }]);
  });

  it("refuses two Origin headers, also when both are allowed, in either order and any case", async () => {
    for (const pair of [
      [ours, ours],
      [ours, foreign],
      [foreign, ours],
    ]) {
      const headers: RawHeaders = [
        ["Origin", pair[0] ?? ""],
        ["ORIGIN", pair[1] ?? ""],
      ];
      expect(await send(method, way, headers)).toMatchObject({ code: "origin_refused", rule: "two Origin headers" });
    }
  });

  it("counts Origin headers only, and not others whose names are as long", async () => {
    const headers: RawHeaders = [
      ["Origin", ours],
      ["Accept", "text/html"],
      ["accept", "text/plain"],
      ["Cookie", "a=1"],
    ];
    expect(await send(method, way, headers)).toMatchObject({ code: undefined });
  });

  it("lets a client without Origin pass that brings a bearer token, and no session cookie beside it", async () => {
    const bearer = ["Authorization", "Bearer abc"] as const;
    // Sec-Fetch-Site identifies a page's own GET. Without it only the token can admit these.
    const crossSite = ["Sec-Fetch-Site", "cross-site"] as const;
    for (const headers of [[], [["Cookie", ""]], [["Cookie", "signalbox_node=1"]]] as RawHeaders[]) {
      expect((await send(method, way, [bearer, crossSite, ...headers])).code).toBeUndefined();
    }
    for (const headers of [
      [bearer, ["Cookie", "sid=1"]],
      [bearer, ["Cookie", "signalbox_node=1; sid="]],
      [bearer, ["Cookie", "sid=throws"]],
      [["Authorization", "Basic abc"]],
      [["Authorization", "Bearer "]],
      [["Authorization", "Basic Bearer abc"]],
    ] as RawHeaders[]) {
      expect((await send(method, way, [...headers, crossSite])).code).toBe("origin_refused");
    }
  });

  it("does not let a bearer token excuse a foreign origin", async () => {
    const headers: RawHeaders = [
      ["Origin", foreign],
      ["Authorization", "Bearer abc"],
    ];
    expect((await send(method, way, headers)).code).toBe("origin_refused");
  });
});

describe("without an Origin header", () => {
  const cookie = ["Cookie", "sid=1"] as const;

  it.each(ways.filter(([method, way]) => way === "upgrade" || !["GET", "HEAD"].includes(method)))(
    "%s on the way %s is refused, whatever Sec-Fetch-Site says",
    async (method, way) => {
      for (const site of [[], [["Sec-Fetch-Site", "same-origin"]]] as RawHeaders[]) {
        const { code, rule, hint } = await send(method, way, [cookie, ...site]);
        expect({ code, rule }).toEqual({ code: "origin_refused", rule: "no Origin header" });
        expect(hint).toContain("auth.token");
      }
    },
  );

  it.each([
    ["GET", "polling"],
    ["POST", "polling"],
    ["GET", "upgrade"],
  ] as const)(
    "%s on the way %s passes without a credential that browsers attach by themselves",
    async (method, way) => {
      for (const headers of [[], [["Cookie", ""]], [["Cookie", "signalbox_node=1; theme=dark"]]] as RawHeaders[]) {
        expect((await send(method, way, headers)).code, JSON.stringify(headers)).toBeUndefined();
      }
    },
  );

  it("DELETE on the way http is refused without a bearer token, whatever cookie comes with it", async () => {
    for (const headers of [[], [["Cookie", "signalbox_node=1"]]] as RawHeaders[]) {
      expect((await send("DELETE", "http", headers)).code).toBe("origin_refused");
    }
  });

  it.each([
    ["GET", "http"],
    ["HEAD", "http"],
    ["GET", "polling"],
  ] as const)("%s on the way %s passes where Sec-Fetch-Site is same-origin or absent only", async (method, way) => {
    const codeFor = async (...sites: string[]) =>
      (await send(method, way, [cookie, ...sites.map((site) => ["Sec-Fetch-Site", site] as const)])).code;
    expect(await codeFor()).toBeUndefined();
    expect(await codeFor("same-origin")).toBeUndefined();
    for (const site of ["cross-site", "same-site", "none", "Same-Origin", ""]) {
      expect(await codeFor(site), site).toBe("origin_refused");
    }
    expect(await codeFor("same-origin", "cross-site")).toBe("origin_refused");
  });

  it("allows no origin in the answer: there is none to name", async () => {
    expect((await send("GET", "http", [])).headers).toEqual({ Vary: "Origin" });
  });
});

describe("a preflight", () => {
  const headersOfPreflight = async (): Promise<string[]> =>
    (await send("OPTIONS", "preflight", [["Origin", ours]])).headers["Access-Control-Allow-Headers"]?.split(", ") ?? [];

  it("tells an allowed origin the methods and headers, and how long that holds", async () => {
    const { headers } = await send("OPTIONS", "preflight", [["Origin", ours]]);
    expect(headers["Access-Control-Allow-Methods"]?.split(", ")).toEqual(
      expect.arrayContaining(["GET", "POST", "DELETE"]),
    );
    expect(headers["Access-Control-Allow-Headers"]?.split(", ")).toEqual(
      expect.arrayContaining(["authorization", "content-type", "x-csrf-token"]),
    );
    expect(Number(headers["Access-Control-Max-Age"])).toBeGreaterThan(0);
  });
  it("lets pass the headers that tracing SDKs add", async () => {
    const allowed = await headersOfPreflight();
    expect(allowed).toEqual([
      ...["authorization", "content-type", "x-csrf-token"],
      ...["traceparent", "tracestate", "baggage", "sentry-trace"],
      ...["x-datadog-origin", "x-datadog-parent-id", "x-datadog-sampling-priority", "x-datadog-tags"],
      ...["x-datadog-trace-id", "b3", "x-b3-flags", "x-b3-parentspanid", "x-b3-sampled", "x-b3-spanid", "x-b3-traceid"],
      ...["newrelic", "elastic-apm-traceparent", "request-id", "request-context", "uber-trace-id"],
      ...["x-amzn-trace-id", "x-cloud-trace-context"],
    ]);
  });
  it("lets pass what SIGNALBOX_CORS_HEADERS adds, in any case and once each", async () => {
    await restart({ SIGNALBOX_CORS_HEADERS: "X-Tenant, x-shop, X-CSRF-Token, x-tenant" });
    const allowed = await headersOfPreflight();
    expect(allowed).toEqual(expect.arrayContaining(["authorization", "traceparent", "x-tenant", "x-shop"]));
    expect(new Set(allowed).size).toBe(allowed.length);
  });
  it("is the only answer with these headers", async () => {
    expect(Object.keys((await send("GET", "http", [["Origin", ours]])).headers)).toHaveLength(3);
  });
});

describe("what is no header value never reaches the guard", () => {
  it.each([
    ["control characters", `${ours}\u0001`, 400],
    ["60 KB", "x".repeat(60_000), 431],
  ])("%s", async (_what, origin, status) => {
    await expect(send("GET", "http", [["Origin", origin]])).rejects.toThrow(`Answered ${status}`);
  });
});

describe("the settings", () => {
  it("SOCKETIO_CORS_CREDENTIALS=false: browsers are not told that they may send cookies", async () => {
    await restart({ SOCKETIO_CORS_CREDENTIALS: "false" });
    const { headers } = await send("GET", "http", [["Origin", ours]]);
    expect(headers).toEqual({ "Access-Control-Allow-Origin": ours, Vary: "Origin" });
  });
  it("SOCKETIO_CORS_REPORT_ONLY=true: lets pass what it reports, and says that it did", async () => {
    await restart({ SOCKETIO_CORS_REPORT_ONLY: "true" });
    const { code, headers, rule } = await send("POST", "polling", [["Origin", foreign]]);
    expect({ code, rule }).toEqual({ code: undefined, rule: "not in the list" });
    expect(headers["Access-Control-Allow-Origin"]).toBe(foreign);
    expect(reported).toMatchObject([{ hint: expect.stringMatching(/SOCKETIO_CORS_REPORT_ONLY.*evil\.test/) }]);
  });
  it("the hint of a refusal names the origin, the setting that would allow it, and the list in force", async () => {
    const { hint } = await send("GET", "http", [["Origin", foreign]]);
    expect(hint).toContain(foreign);
    expect(hint).toContain("PUBLIC_URL");
    expect(hint).toContain("SOCKETIO_CORS_ORIGINS");
    expect(hint).toContain(ours);
  });
});
