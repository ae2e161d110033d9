/** Sessions whose end is moved by each request, in stores that keep the end outside the session (fault A5). */
import { RedisStore } from "connect-redis";
import { MemoryStore, type SessionData, Store } from "express-session";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { startRedis } from "../../../../scripts/services/redis.ts";
import type { Service } from "../../../../scripts/services/service.ts";
import type { Session, SessionSource } from "../../src/core/ports.ts";
import { connectClient, startTestServer, type TestServer, transports } from "../../src/testing/index.ts";
import { startExpressApp } from "./express-app.ts";

const maxAge = 60_000;
const ada = { id: "ada", name: "Ada" };

let redis: Service;
const connectTo = (url: string) => createClient({ url });
let client: ReturnType<typeof connectTo>;
beforeAll(async () => {
  redis = await startRedis();
  client = connectTo(redis.url);
  await client.connect();
});
afterAll(async () => {
  client.destroy();
  await redis.stop();
});

/** An application with rolling sessions in Redis, and a real-time layer next to it that reads them. */
async function start(store: Store = new RedisStore({ client })) {
  const app = await startExpressApp({ store, rolling: true, cookie: { maxAge } });
  onTestFinished(() => app.close());
  const sessions = app.sessions as SessionSource as never;
  const server = await startTestServer({ sessions, env: { SIGNALBOX_SESSION_CACHE: "0" } });
  onTestFinished(() => server.close());
  const cookie = await app.request("POST", "/login", "", ada);
  const sid = decodeURIComponent(cookie).replace(/^connect\.sid=s:(.*)\..*$/, "$1");
  return { app, server, cookie, key: `sess:${sid}` };
}

/** Simulates the time of a session that is touched: the stored expiry passes, while the end in the store is moved. */
async function letExpiryPass(key: string, agoMs = 10_000): Promise<void> {
  const session = JSON.parse((await client.get(key)) ?? "") as { cookie: { expires: string } };
  session.cookie.expires = new Date(Date.now() - agoMs).toISOString();
  await client.set(key, JSON.stringify(session), { expiration: "KEEPTTL" });
}

function authorize({ realtime }: TestServer, cookie: string) {
  return realtime.authorize({ method: "GET", url: "/", headers: { cookie }, rawHeaders: [], socket: {} } as never);
}

describe("with connect-redis", () => {
  it.each(transports)("sockets, HTTP and new connections go on past the stored expiry, over %s", async (transport) => {
    const { app, server, cookie, key } = await start();
    const socket = await connectClient(server.url, { cookie, transport });
    onTestFinished(() => socket.close());
    await letExpiryPass(key);
    await app.request("GET", "/unchanged", cookie);
    const { ref } = (await app.resolve(cookie)) as Session;
    await server.realtime.sessionChanged({ ref });
    expect(await socket.request("check_connection")).toMatchObject({ ok: true });
    expect(await authorize(server, cookie)).toMatchObject({ userId: "ada" });
    const second = await connectClient(server.url, { cookie, transport });
    expect(await second.next("connection_established")).toMatchObject({ user_id: "ada" });
    second.close();
  });

  it("the end that a request has set is known, to the millisecond in the process that served it", async () => {
    const { app, server, cookie, key } = await start();
    const { session: before } = await authorize(server, cookie);
    await letExpiryPass(key);
    const asked = Date.now();
    await app.request("GET", "/unchanged", cookie);
    const { session } = await authorize(server, cookie);
    expect(session?.expiresAt).toBeGreaterThanOrEqual(Math.max(asked + maxAge, before?.expiresAt ?? 0));
    expect(session?.expiresAt).toBeLessThanOrEqual(Date.now() + maxAge);
  });

  it("a session that another process touches ends at most a full age after it was last found", async () => {
    const { app, server, cookie, key } = await start();
    app.stopWatching();
    await server.close();
    await letExpiryPass(key);
    const found = Date.now();
    const { expiresAt } = (await app.resolve(cookie)) as Session;
    expect(expiresAt).toBeGreaterThanOrEqual(found + maxAge);
    expect(expiresAt).toBeLessThanOrEqual(Date.now() + maxAge);
  });

  it("a session at its end, which Redis still has because it rounds up, is looked at again a second later", async () => {
    const { app, server, cookie, key } = await start();
    app.stopWatching();
    await server.close();
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    await letExpiryPass(key, 500);
    expect(await app.resolve(cookie)).toMatchObject({ expiresAt: Date.now() + 1000 });
  });

  it("a session that Redis has let go ends its sockets", async () => {
    const { app, server, cookie, key } = await start();
    const socket = await connectClient(server.url, { cookie });
    const { ref } = (await app.resolve(cookie)) as Session;
    await client.del(key);
    await server.realtime.sessionChanged({ ref, reason: "expired" });
    expect(await socket.next("session_ending")).toMatchObject({ reason: "expired" });
    await socket.disconnected();
    await expect(authorize(server, cookie)).rejects.toMatchObject({ code: "session_invalid" });
  });
});

/** Keeps sessions as they are saved, and has no `touch`. */
class PlainStore extends Store {
  readonly sessions = new Map<string, string>();
  override get = (sid: string, callback: (error: unknown, session?: SessionData | null) => void): void => {
    const text = this.sessions.get(sid);
    callback(null, text === undefined ? null : (JSON.parse(text) as SessionData));
  };
  override set = (sid: string, session: SessionData, callback?: (error?: unknown) => void): void => {
    this.sessions.set(sid, JSON.stringify(session));
    callback?.();
  };
  override destroy = (sid: string, callback?: (error?: unknown) => void): void => {
    this.sessions.delete(sid);
    callback?.();
  };
}

it("a store without `touch` keeps the end in the session: there it has expired", async () => {
  const store = new PlainStore();
  const { server, cookie } = await start(store);
  const [[sid = "", text = ""] = []] = [...store.sessions].slice(-1);
  const session = JSON.parse(text) as { cookie: { expires: string } };
  session.cookie.expires = new Date(Date.now() - 1000).toISOString();
  store.sessions.set(sid, JSON.stringify(session));
  await expect(authorize(server, cookie)).rejects.toMatchObject({ code: "session_expired" });
});

it("the memory store of express-session ends a session by its own clock, and moves the end with each request", async () => {
  const { app, server, cookie } = await start(new MemoryStore());
  const { session: before } = await authorize(server, cookie);
  await expect
    .poll(async () => {
      await app.request("GET", "/unchanged", cookie);
      return (await authorize(server, cookie)).session?.expiresAt;
    })
    .toBeGreaterThan(before?.expiresAt ?? 0);
});
