/**
 * Provokes every refusal of the protocol page over real sockets. After each, the server still runs, and the stream of a
 * bystander on the same server has no gap. The list of codes is compared with the contract: a new code without a case
 * fails.
 */
import { type RefusalCode, type RefusalMessage, refusalCodes, refusals } from "@signalbox/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { httpStatusOf } from "../../src/core/refusal.ts";
import {
  connectClient,
  fetchClientConfig,
  rawRequest,
  refusalOf,
  sendRaw,
  startTestServer,
  type TestClient,
  type TestServer,
  type Transport,
  transports,
  upgradeHeaders,
} from "../../src/testing/index.ts";
import { type Bystander, watchStream } from "../hostile/bystander.ts";

type Provoke = (transport: Transport) => Promise<RefusalMessage>;

let server: TestServer;
/** One bystander on each server, because a disturbance of one server does not show on another. */
const bystanders: Bystander[] = [];
const cleanUps: (() => unknown)[] = [];

beforeEach(async () => {
  server = await start();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  bystanders.length = 0;
});

async function start(env: Record<string, string> = {}, origin?: string): Promise<TestServer> {
  const started = await startTestServer({
    env,
    tasks: {
      cancel() {
        throw new Error("The queue is broken.");
      },
    },
  });
  cleanUps.push(() => started.close());
  const bystander = await watchStream(started, origin);
  cleanUps.push(() => bystander.close());
  bystanders.push(bystander);
  return started;
}

async function expectUndisturbed(): Promise<void> {
  for (const each of bystanders) expect(await each.problems()).toEqual([]);
}

async function connect(on: TestServer, transport: Transport, namespace = "/", role: "user" | "admin" = "user") {
  const { cookie } = on.sessions.signIn({ userId: "mallory", role });
  const client = await connectClient(on.url, { cookie, transport, namespace });
  cleanUps.push(() => client.close());
  return client;
}

async function answerTo(client: TestClient, event: string, payload?: unknown): Promise<RefusalMessage> {
  const answer = await client.request(event, payload);
  expect(answer.ok).toBe(false);
  return answer.error;
}

/** Opens a new connection: by a polling GET or a WebSocket upgrade, whose refusal is an HTTP response as well. */
async function open(on: TestServer, transport: Transport, headers: Record<string, string> = {}) {
  const path = `/socket.io/?EIO=4&transport=${transport}`;
  const upgrade = transport === "websocket" ? upgradeHeaders : [];
  const all = [...upgrade, ...Object.entries({ Origin: on.url, ...headers })];
  const { status, body } = await sendRaw(on.port, rawRequest("GET", path, all));
  return { status, error: JSON.parse(body).error as RefusalMessage };
}

async function refusedToOpen(...args: Parameters<typeof open>): Promise<RefusalMessage> {
  const { status, error } = await open(...args);
  expect(status).toBe(httpStatusOf(error.code));
  return error;
}

const cases: Record<RefusalCode, Provoke> = {
  origin_refused: (transport) => refusedToOpen(server, transport, { Origin: "https://evil.example" }),
  session_missing: (transport) => refusalOf(server.url, { transport }),
  session_invalid: (transport) => refusalOf(server.url, { transport, cookie: "test.sid=garbage", auth: {} }),
  session_expired: (transport) => {
    const { cookie } = server.sessions.signIn({ userId: "mallory", expiresAt: Date.now() - 1 });
    return refusalOf(server.url, { transport, cookie, auth: {} });
  },
  async session_revoked(transport) {
    const { cookie } = server.sessions.signIn({ userId: "mallory" });
    server.sessions.resolve = async () => "session_revoked";
    return refusalOf(server.url, { transport, cookie, auth: {} });
  },
  csrf_invalid: (transport) => {
    const { cookie } = server.sessions.signIn({ userId: "mallory" });
    return refusalOf(server.url, { transport, cookie, auth: { csrf: "made.up" } });
  },
  forbidden: (transport) => {
    const { cookie } = server.sessions.signIn({ userId: "mallory" });
    return refusalOf(server.url, { transport, cookie, namespace: "/admin" });
  },
  async method_not_allowed() {
    const { status, body } = await sendRaw(server.port, rawRequest("PUT", "/socket.io/", [["Origin", server.url]]));
    expect(status).toBe(405);
    return JSON.parse(body).error;
  },
  async rate_limited(transport) {
    const strict = await start({ SIGNALBOX_MESSAGE_BURST: "5", SIGNALBOX_MESSAGE_RATE: "5" });
    const client = await connect(strict, transport);
    const burst = Array.from({ length: 6 }, () => client.request("leave_task", { task_id: "none" }));
    const answers = await Promise.all(burst);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(5);
    expect(answers[5].error.retry_after_ms).toBeGreaterThan(0);
    return answers[5].error;
  },
  async too_many_connections(transport) {
    const { cookie } = server.sessions.signIn({ userId: "mallory" });
    const attempts = Array.from({ length: 6 }, () => connectClient(server.url, { cookie, transport }));
    const outcomes = await Promise.allSettled(attempts);
    for (const outcome of outcomes) if (outcome.status === "fulfilled") outcome.value.close();
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused).toHaveLength(1);
    return refused[0]?.reason.data;
  },
  async blocked(transport) {
    const { cookie } = server.sessions.signIn({ userId: "mallory" });
    const { csrf } = await fetchClientConfig(server.url, { cookie });
    const ask = (namespace: string) => refusalOf(server.url, { cookie, transport, namespace, auth: { csrf } });
    for (let n = 0; n < 31; n += 1) await ask("/admin");
    return ask("/");
  },
  async server_full(transport) {
    // The bystander's connection is one of the two.
    const small = await start({ SOCKETIO_MAX_CONNECTIONS: "2" });
    await connect(small, "websocket");
    return refusedToOpen(small, transport);
  },
  event_unknown: async (transport) => answerTo(await connect(server, transport), "constructor", {}),
  payload_invalid: async (transport) => answerTo(await connect(server, transport), "join_task", { task_id: ["x"] }),
  payload_too_large: async (transport) => {
    const client = await connect(server, transport);
    return answerTo(client, "join_task", { task_id: "x".repeat(server.config.maxEventSize) });
  },
  room_forbidden: async (transport) =>
    answerTo(await connect(server, transport), "join_room", { room_id: "user:bystander" }),
  async task_not_found(transport) {
    const client = await connect(server, transport);
    const { task_id } = await server.realtime.progress.create({ kind: "t", title: "Not yours", owner_id: "ada" });
    const foreign = await answerTo(client, "join_task", { task_id });
    const missing = await answerTo(client, "join_task", { task_id: "missing" });
    expect(foreign).toEqual(missing);
    return foreign;
  },
  async task_finished(transport) {
    const client = await connect(server, transport);
    const { task_id } = await server.realtime.progress.create({ kind: "t", title: "Mine", owner_id: "mallory" });
    await server.realtime.progress.complete(task_id);
    return answerTo(client, "cancel_task", { task_id });
  },
  async server_draining(transport) {
    const leaving = await start();
    // Polling clients that do not fetch their last frame delay the shutdown for a moment: time to send it a request.
    await connect(leaving, "polling");
    await expectUndisturbed();
    bystanders.pop();
    const closed = leaving.realtime.close();
    const refusal = await refusedToOpen(leaving, transport);
    await closed;
    return refusal;
  },
  async unavailable(transport) {
    const { cookie } = server.sessions.signIn({ userId: "mallory" });
    server.sessions.setHealth("failing");
    return refusalOf(server.url, { transport, cookie, auth: {} });
  },
  async internal(transport) {
    const client = await connect(server, transport);
    const { task_id } = await server.realtime.progress.create({ kind: "t", title: "Mine", owner_id: "mallory" });
    return answerTo(client, "cancel_task", { task_id });
  },
};

describe.each(transports)("over %s", (transport) => {
  it.each(refusalCodes)("%s is answered in the contract's form, and affects no other client", async (code) => {
    const refusal = await cases[code](transport);
    expect(refusal).toMatchObject({ code, category: refusals[code].category, message: refusals[code].message });
    if (refusals[code].retry === "after_delay") expect(refusal.retry_after_ms).toBeGreaterThan(0);
    await expectUndisturbed();
  });
});

describe("the server lives through", () => {
  it.each(transports)(
    "every event name and argument that a client may send without a callback, over %s",
    async (transport) => {
      const client = await connect(server, transport);
      for (const name of ["error", "__proto__", "toString", "", "message", "progress_update", "task_completed"]) {
        for (const args of [[], [null], [[]], ["text", 1, {}], [{ __proto__: { admin: true } }]]) {
          client.socket.emit(name, ...args);
        }
      }
      client.socket.emit("join_task");
      const refused = await client.next<RefusalMessage>("error");
      expect(refused.code).toBe("event_unknown");
      await expectUndisturbed();
    },
  );

  it("a hint is sent in development and withheld in production", async () => {
    const client = await connect(server, "websocket");
    expect((await answerTo(client, "no_such_event")).hint).toContain("declares no such event");
    const origin = "https://app.example.com";
    const production = {
      NODE_ENV: "production",
      SIGNALBOX_SECRET: "a-secret-of-more-than-thirty-two-characters",
      SOCKETIO_CORS_ORIGINS: origin,
    };
    const strict = await start(production, origin);
    const refused = await refusedToOpen(strict, "polling", { Origin: "https://evil.example" });
    expect(refused.code).toBe("origin_refused");
    expect(refused.hint).toBeUndefined();
  });

  it("a client that keeps sending what is refused is disconnected, and an honest one is not", async () => {
    const client = await connect(server, "websocket");
    for (let sent = 0; sent < 1000; sent += 1) client.socket.emit("no_such_event");
    await client.disconnected(2000);
    await expectUndisturbed();
  });
});
