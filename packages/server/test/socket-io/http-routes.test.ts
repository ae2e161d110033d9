import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createMemoryStore } from "../../src/store/memory.ts";
import { connectClient, fetchClientConfig, startTestServer, type TestServer } from "../../src/testing/index.ts";

let server: TestServer;
let ada: string;
beforeAll(async () => {
  server = await startTestServer();
  ada = server.sessions.signIn({ userId: "ada" }).cookie;
});
afterAll(() => server.close());

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.url}${path}`, { headers: { origin: server.url, ...headers } });

describe("GET /realtime/client-config", () => {
  it("tells a visitor how to connect, and that no user is signed in", async () => {
    const config = await fetchClientConfig(server.url);
    expect(config).toMatchObject({ path: "/socket.io/", authenticated: false, namespaces: ["/", "/admin"] });
    expect(config).not.toHaveProperty("csrf");
  });
  it("tells a signed-in person who they are, with a CSRF token of their session", async () => {
    const config = await fetchClientConfig(server.url, { cookie: ada });
    expect(config).toMatchObject({ authenticated: true, user: { user_id: "ada", role: "user" } });
    expect(config.csrf).toEqual(expect.any(String));
  });
  it("gives no CSRF token to a bearer token, which needs none, and is never cached", async () => {
    const token = ada.split("=")[1] ?? "";
    const response = await get("/realtime/client-config", { authorization: `Bearer ${token}` });
    expect(await response.json()).not.toHaveProperty("csrf");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });
  it("answers other methods with 405 and the ones it has", async () => {
    const response = await fetch(`${server.url}/realtime/client-config`, {
      method: "POST",
      headers: { origin: server.url },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toContain("GET");
  });
});

describe("GET /realtime/tasks/:id", () => {
  it("is the fallback for get_task_status: same shape, same rights", async () => {
    const task = await server.realtime.progress.create({ kind: "t", title: "T", owner_id: "ada" });
    expect(await (await get(`/realtime/tasks/${task.task_id}`, { cookie: ada })).json()).toEqual({ task });
    const bob = server.sessions.signIn({ userId: "bob" }).cookie;
    const [foreign, missing, nobody] = [
      await get(`/realtime/tasks/${task.task_id}`, { cookie: bob }),
      await get("/realtime/tasks/missing", { cookie: bob }),
      await get(`/realtime/tasks/${task.task_id}`),
    ];
    expect([foreign.status, missing.status, nobody.status]).toEqual([404, 404, 401]);
    expect(await foreign.json()).toEqual(await missing.json());
  });
});

describe("the Socket.IO endpoint", () => {
  it.each(["HEAD", "PUT", "DELETE"])(
    "answers %s with 405, with and without a sid, and keeps the connection",
    async (method) => {
      const headers = { origin: server.url, cookie: ada };
      const path = "/socket.io/?EIO=4&transport=polling";
      const opened = await (await get(path, headers)).text();
      const sid: string = JSON.parse(opened.slice(1)).sid;
      for (const query of ["", `&sid=${sid}`]) {
        const response = await fetch(`${server.url}${path}${query}`, { method, headers });
        expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, POST, OPTIONS"]);
      }
      expect((await fetch(`${server.url}${path}&sid=${sid}`, { method: "POST", headers, body: "1" })).status).toBe(200);
    },
  );
});

describe("operation routes", () => {
  it("GET /readyz names each dependency, and says 503 when one fails", async () => {
    const ready = await get("/readyz");
    expect(ready.status).toBe(200);
    const dependencies = { store: { status: "ok" }, sessions: { status: "ok" } };
    expect(await ready.json()).toEqual({ status: "ok", dependencies });
  });
  it("GET /metrics speaks Prometheus, with conventional names", async () => {
    const text = await (await get("/metrics")).text();
    for (const name of ["signalbox_connections", "signalbox_refusals_total", "signalbox_events_total"]) {
      expect(text).toContain(`# TYPE ${name}`);
    }
  });
  it("GET /metrics is refused on behalf of another machine, and the refusal is written down", async () => {
    const before = server.logged.length;
    const response = await get("/metrics", { "x-forwarded-for": "203.0.113.1" });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: "forbidden" } });
    expect(server.logged.slice(before)).toMatchObject([{ fields: { security: { code: "forbidden" } } }]);
    expect(await (await get("/metrics")).text()).toContain('signalbox_refusals_total{code="forbidden"} 1');
  });
  it.each(["forwarded", "via", "x-forwarded-proto", "x-real-ip"])(
    "GET /metrics is refused where a proxy on this machine tells of itself by %s",
    async (name) => {
      expect((await get("/metrics", { [name]: "203.0.113.1" })).status).toBe(403);
    },
  );
  it("GET /metrics in production is given for the token only, on loopback too", async () => {
    const env = { NODE_ENV: "production", SIGNALBOX_SECRET: "s".repeat(32) };
    const closed = await startTestServer({ env });
    onTestFinished(() => closed.close());
    expect((await fetch(`${closed.url}/metrics`)).status).toBe(403);
    const guarded = await startTestServer({ env: { ...env, SIGNALBOX_METRICS_TOKEN: "a-token-for-metrics" } });
    onTestFinished(() => guarded.close());
    const answer = (authorization?: string) =>
      fetch(`${guarded.url}/metrics`, { headers: authorization === undefined ? {} : { authorization } });
    for (const wrong of [undefined, "Bearer wrong", "Basic YTpi"]) {
      const refused = await answer(wrong);
      expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    }
    expect(await (await answer("Bearer a-token-for-metrics")).text()).toContain("signalbox_connections");
    const codes = () => guarded.logged.map(({ fields }) => (fields as { security?: { code: string } }).security?.code);
    await expect.poll(codes).toEqual(["session_missing", "session_invalid"]);
  });
  it("undeclared event names make no new metric series", async () => {
    const client = await connectClient(server.url, { cookie: ada });
    for (let n = 0; n < 20; n += 1) await client.request(`made_up_${n}`, {});
    client.close();
    const text = await (await get("/metrics")).text();
    expect(text).not.toContain("made_up_");
    expect(text).toContain('event="undeclared",outcome="event_unknown"} 20');
  });
  it("GET /readyz says degraded when the store does not answer", async () => {
    const store = { ...createMemoryStore({ maxSecurityEvents: 100 }), ping: () => Promise.reject(new Error("down")) };
    const broken = await startTestServer({ store });
    const response = await fetch(`${broken.url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ status: "degraded", dependencies: { store: { status: "failing" } } });
    await broken.close();
  });
});
