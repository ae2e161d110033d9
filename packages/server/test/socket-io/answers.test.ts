/** What all answers of the server have in common: the id of their request, a code, and how to authenticate. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  type RawHeaders,
  type RawResponse,
  rawRequest,
  sendRaw,
  startTestServer,
  type TestServer,
  upgradeHeaders,
} from "../../src/testing/index.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { SIGNALBOX_METRICS_TOKEN: "a-token-for-metrics" } });
});
afterAll(() => server.close());

const polling = "/socket.io/?EIO=4&transport=polling";
const websocket = "/socket.io/?EIO=4&transport=websocket";
const close: RawHeaders = [["Connection", "close"]];
const foreign: RawHeaders = [["Origin", "https://evil.example"]];
const via: RawHeaders = [["Via", "1.1 proxy"]];
const tasks = "/realtime/tasks/none";

type Asked = readonly [method: string, target: string, headers: RawHeaders, status: number];
const asked: readonly Asked[] = [
  ["GET", polling, close, 200],
  ["GET", polling, [...close, ...foreign], 403],
  ["OPTIONS", polling, [...close, ...foreign], 403],
  ["PUT", polling, close, 405],
  ["GET", "/socket.io/?EIO=3&transport=polling", close, 400],
  ["GET", `${polling}&sid=unknown`, close, 400],
  ["GET", websocket, upgradeHeaders, 101],
  ["GET", websocket, [...upgradeHeaders, ...foreign], 403],
  ["GET", "/socket.io/?EIO=3&transport=websocket", upgradeHeaders, 400],
  ["GET", "/livez", close, 200],
  ["GET", "/readyz", close, 200],
  ["GET", "/metrics", close, 200],
  ["GET", "/metrics", [...close, ...via], 401],
  ["GET", "/realtime/reachable", close, 204],
  ["GET", "/realtime/client-config", close, 200],
  ["DELETE", "/realtime/client-config", close, 403],
  ["GET", tasks, close, 401],
  ["GET", "/realtime/csp-report", close, 405],
  ["POST", "/realtime/csp-report", close, 400],
];
const uuid = /^[0-9a-f-]{36}$/;
const ask = (method: string, target: string, headers: RawHeaders): Promise<RawResponse> =>
  sendRaw(server.port, rawRequest(method, target, headers));

describe("X-Request-Id", () => {
  it.each(asked)("is in the answer to %s %s %j, which is %d", async (method, target, headers, status) => {
    const answer = await ask(method, target, headers);
    expect([answer.status, answer.headers.get("x-request-id")]).toEqual([status, expect.stringMatching(uuid)]);
  });

  it("equals the id in the log line", async () => {
    const logging = await startTestServer();
    onTestFinished(() => logging.close());
    const { headers } = await sendRaw(logging.port, rawRequest("GET", polling, [...close, ...foreign]));
    const fields = expect.objectContaining({ request_id: headers.get("x-request-id") });
    await expect.poll(() => logging.logged).toContainEqual(expect.objectContaining({ fields }));
  });

  it("is the one that a trusted proxy has given", async () => {
    const trusting = await startTestServer({ env: { TRUST_PROXY: "loopback" } });
    onTestFinished(() => trusting.close());
    for (const [target, headers] of [
      ["/livez", close],
      [websocket, upgradeHeaders],
      [websocket, [...upgradeHeaders, ...foreign]],
    ] as [string, RawHeaders][]) {
      const request = rawRequest("GET", target, [...headers, ["X-Request-Id", "request-of-proxy"]]);
      expect((await sendRaw(trusting.port, request)).headers.get("x-request-id")).toBe("request-of-proxy");
    }
  });
});

describe("401", () => {
  it.each([
    ["/realtime/tasks/none", close],
    ["/realtime/notifications", close],
    ["/metrics", via],
    ["/metrics", [...via, ["Authorization", "Bearer wrong"]]],
  ] as [string, RawHeaders][])("in answer to %s %j names how to authenticate", async (target, headers) => {
    const answer = await ask("GET", target, [...close, ...headers]);
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  });
});

describe("405", () => {
  it.each([
    ["PUT", polling, "GET, POST, OPTIONS"],
    ["DELETE", "/realtime/client-config", "GET, HEAD, OPTIONS"],
    ["GET", "/realtime/notifications/ack", "POST, OPTIONS"],
    ["GET", "/realtime/csp-report", "POST"],
  ])("in answer to %s %s has a code and Allow", async (method, target, allow) => {
    const own: RawHeaders = [...close, ["Origin", server.url]];
    const { status, headers, body } = await ask(method, target, own);
    expect([status, headers.get("allow")]).toEqual([405, allow]);
    expect(JSON.parse(body).error).toMatchObject({ code: "method_not_allowed", category: "request" });
  });
});

describe("problem details (RFC 9457)", () => {
  const problem = "application/problem+json";

  it.each([problem, `application/json;q=0.5, ${problem};q=0.9`, "Application/Problem+JSON"])(
    "answer a refusal where Accept is %s",
    async (accept) => {
      const { status, headers, body } = await ask("GET", tasks, [...close, ["Accept", accept]]);
      expect([status, headers.get("content-type")]).toEqual([401, problem]);
      expect(JSON.parse(body)).toMatchObject({
        type: "urn:signalbox:refusal:session_missing",
        status: 401,
        title: expect.stringContaining("sign in"),
        code: "session_missing",
        category: "auth",
      });
    },
  );

  it("answer a refused upgrade and name the hint as detail", async () => {
    const { headers, body } = await ask("GET", websocket, [...upgradeHeaders, ...foreign, ["Accept", problem]]);
    expect(headers.get("content-type")).toBe(problem);
    expect(JSON.parse(body)).toMatchObject({ code: "origin_refused", detail: expect.stringContaining("evil.example") });
  });

  it.each(["*/*", "application/json", `${problem};q=0`, `${problem}x`, `x${problem}`])(
    "do not answer where Accept is %s",
    async (accept) => {
      const { headers, body } = await ask("GET", tasks, [...close, ["Accept", accept]]);
      expect(headers.get("content-type")).toContain("application/json");
      expect(JSON.parse(body).error).toMatchObject({ code: "session_missing" });
    },
  );
});
