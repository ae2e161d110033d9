/**
 * The order of the guards (docs/lifecycle.md): where several reasons to refuse apply, the first one in the order is
 * answered.
 */
import type { RefusalCode } from "@signalbox/protocol";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { defineNamespace, request } from "../../src/socket-io/namespaces/define-namespace.ts";
import {
  connectClient,
  createFakeClock,
  fetchClientConfig,
  rawRequest,
  refusalOf,
  sendRaw,
  startTestServer,
  type TestClientOptions,
  type TestServer,
} from "../../src/testing/index.ts";

async function start(env: Record<string, string>, options: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer({ ...options, env });
  onTestFinished(() => server.close());
  return server;
}

async function connect(server: TestServer, options: TestClientOptions) {
  const client = await connectClient(server.url, options);
  onTestFinished(() => client.close());
  return client;
}

it("judges a request for a connection by origin, method, body, query, protocol, draining, capacity and rate", async () => {
  const limits = { SOCKETIO_MAX_CONNECTIONS: "1", SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1" };
  const server = await start({ ...limits, SIGNALBOX_DRAIN_WINDOW: "1" });
  await connect(server, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
  const ask = async (change: { origin?: string; method?: string; type?: string; query?: string } = {}) => {
    const { origin = server.url, method = "GET", type = "text/plain", query = "EIO=4&transport=polling" } = change;
    const headers = [
      ["Origin", origin],
      ["Content-Type", type],
    ] as const;
    const { body } = await sendRaw(server.port, rawRequest(method, `/socket.io/?${query}`, headers));
    const { code, hint = "" } = JSON.parse(body).error as { code: RefusalCode; hint?: string };
    return `${code}: ${hint}`;
  };
  const wrong = {
    origin: "https://evil.example",
    method: "PUT",
    type: "application/octet-stream",
    query: "EIO=3&EIO=3",
  };

  expect(await ask(wrong)).toMatch(/^origin_refused/);
  expect(await ask({ ...wrong, origin: server.url })).toMatch(/^method_not_allowed/);
  expect(await ask({ ...wrong, origin: server.url, method: "POST" })).toMatch(/^payload_invalid: Attachments/);
  expect(await ask({ query: "EIO=3&EIO=3" })).toMatch(/^payload_invalid: .*repeated/);
  expect(await ask({ query: "EIO=3" })).toMatch(/^payload_invalid: .*EIO=4/);
  expect(await ask()).toMatch(/^server_full/);
  const drained = server.realtime.drain();
  expect(await ask()).toMatch(/^server_draining/);
  await drained;

  const roomy = await start({ SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1" });
  const open = () => fetch(`${roomy.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin: roomy.url } });
  expect([(await open()).status, (await open()).status]).toEqual([200, 429]);
});

it("judges a CONNECT by its form, session, block, permission, rate and the cap of connections", async () => {
  const server = await start({ SIGNALBOX_CONNECT_RATE_PER_USER: "2", SIGNALBOX_MAX_CONNECTIONS_PER_USER: "1" });
  const { cookie } = server.sessions.signIn({ userId: "mallory" });
  const { csrf } = await fetchClientConfig(server.url, { cookie });
  const code = async (auth: Record<string, unknown>, namespace = "/admin") =>
    (await refusalOf(server.url, { cookie, namespace, auth })).code;
  const admin = await connect(server, {
    cookie: server.sessions.signIn({ userId: "root", role: "admin" }).cookie,
    namespace: "/admin",
  });
  const block = { subject: "user", id: "mallory", seconds: 60, reason: "a test" };
  await connect(server, { cookie, auth: { csrf } });
  expect(await admin.request("add_block", block)).toMatchObject({ ok: true });

  expect(await code({ csrf: 1 })).toBe("payload_invalid");
  expect(await code({ csrf: "wrong" })).toBe("csrf_invalid");
  expect(await code({ csrf })).toBe("blocked");
  expect(await admin.request("lift_block", { subject: "user", id: "mallory" })).toMatchObject({ lifted: true });
  expect(await code({ csrf })).toBe("forbidden");
  await connect(server, { cookie, auth: { csrf } });
  await expect(connect(server, { cookie, auth: { csrf } })).rejects.toThrow("rate_limited");

  const unlimited = await start({ SOCKETIO_RATE_LIMITING: "false", SIGNALBOX_MAX_CONNECTIONS_PER_USER: "1" });
  const own = { cookie: unlimited.sessions.signIn({ userId: "mallory" }).cookie };
  await connect(unlimited, own);
  await expect(connect(unlimited, own)).rejects.toThrow("too_many_connections");
});

it("judges an event by size, rate, name, keys, schema, session and permission before its handler runs", async () => {
  const clock = createFakeClock(Date.now());
  const env = { SIGNALBOX_MESSAGE_BURST: "6", SIGNALBOX_MESSAGE_RATE: "1", SIGNALBOX_SESSION_RECHECK: "86400" };
  const server = await start(env, { clock });
  let runs = 0;
  const count = () => {
    runs += 1;
    return undefined;
  };
  const form = z.object({ n: z.number().optional() });
  const requests = { mine: request(form, count), admins: request(form, count, { access: "admin" }) };
  server.realtime.namespace(defineNamespace({ path: "/lab", access: "user", requests }));
  const signIn = (expiresAt: number) => server.sessions.signIn({ userId: "ada", expiresAt }).cookie;
  const short = await connect(server, { cookie: signIn(clock.now() + 60_100), namespace: "/lab" });
  const long = await connect(server, { cookie: signIn(clock.now() + 3_600_000), namespace: "/lab" });
  const code = async (client: typeof short, event: string, payload: unknown) =>
    (await client.request(event, payload)).error?.code;
  const poisoned = JSON.parse('{"__proto__":1,"n":"one"}');
  const huge = { text: "x".repeat(server.config.maxEventSize) };

  // The sweep that ends expired sessions runs every 500 ms, and has not found this one yet.
  clock.advance(60_100);
  expect(await code(short, "undeclared", poisoned)).toBe("event_unknown");
  expect((await short.request("admins", poisoned)).error).toMatchObject({ hint: expect.stringContaining("__proto__") });
  expect((await short.request("admins", { n: "one" })).error).toMatchObject({ hint: expect.stringMatching(/^n: /) });
  expect(await code(short, "admins", {})).toBe("session_expired");
  expect(await code(long, "admins", {})).toBe("forbidden");
  expect(await code(long, "mine", {})).toBeUndefined();
  expect(await code(long, "undeclared", poisoned)).toBe("rate_limited");
  expect(await code(long, "undeclared", huge)).toBe("payload_too_large");
  expect(runs).toBe(1);
});
