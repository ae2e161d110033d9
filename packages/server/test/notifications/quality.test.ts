/**
 * Notifications on poor connections: low-priority ones are batched, and a client that does not read is not sent more.
 */
import type { Notice, Notification } from "@signalbox/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { readerOf } from "../../src/core/audience.ts";
import { bufferedBytes } from "../../src/socket-io/internals/engine-clients.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import {
  connectClient,
  createFakeClock,
  startTestServer,
  type TestClient,
  type TestServer,
  type Transport,
  transports,
} from "../../src/testing/index.ts";
import { connectPacket, openSid, pollingPath } from "../hostile/raw-socket.ts";
import { clientWebSocketOf, serverSocketOf, turn } from "../socket-io/delivery/fixture.ts";

const low: Notice = { type: "test", title: "Low", priority: "low" };
const normal: Notice = { type: "test", title: "Normal" };

/** A sixteenth of SIGNALBOX_MAX_BUFFERED_BYTES: from here on a client counts as slow. */
const slowBytes = 1_000_000 / 16;

const seqs = (client: TestClient): number[] =>
  (client.received("notification") as Notification[]).map(({ seq }) => seq);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

async function connect(server: TestServer, transport: Transport): Promise<TestClient> {
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const client = await connectClient(server.url, { cookie, transport });
  onTestFinished(() => client.close());
  return client;
}

describe("low-priority notifications", () => {
  async function start() {
    const clock = createFakeClock(Date.now());
    const server = await startTestServer({ clock });
    onTestFinished(() => server.close());
    const send = (notice: Notice) => server.realtime.notify.user("ada", notice);
    /** Once a real request that comes later is answered, everything that began before it is done. */
    const settle = async (): Promise<void> => void (await fetch(`${server.url}/livez`));
    return { server, clock, send, settle };
  }

  it("wait for others on polling, and go together, in order, when the time is over", async () => {
    const { server, clock, send, settle } = await start();
    const tabs = [await connect(server, "polling"), await connect(server, "polling")];
    for (let count = 0; count < 3; count += 1) await send(low);
    await settle();
    clock.advance(14_000);
    for (const tab of tabs) {
      await tab.request("check_connection");
      expect([seqs(tab), tab.received("unread_update")]).toEqual([[], []]);
    }
    clock.advance(1000);
    for (const tab of tabs) {
      await expect.poll(() => seqs(tab)).toEqual([1, 2, 3]);
      await expect
        .poll(() => tab.received("unread_update"))
        .toEqual([expect.objectContaining({ unread: 3, latest_seq: 3 })]);
    }
    // The next one waits the full time again.
    await send(low);
    await settle();
    clock.advance(14_000);
    await tabs[0]?.request("check_connection");
    expect(tabs.map(seqs)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    clock.advance(1000);
    for (const tab of tabs) await expect.poll(() => seqs(tab)).toEqual([1, 2, 3, 4]);
  });

  it("are sent at once with a notification of higher priority, and before it", async () => {
    const { server, send } = await start();
    const ada = await connect(server, "polling");
    for (const notice of [low, low, normal]) await send(notice);
    await expect.poll(() => seqs(ada)).toEqual([1, 2, 3]);
    await send(low);
    await ada.request("check_connection");
    expect(seqs(ada)).toEqual([1, 2, 3]);
    await send({ ...low, priority: "critical" });
    await expect.poll(() => seqs(ada)).toEqual([1, 2, 3, 4, 5]);
  });

  it("go at once when they are many", async () => {
    const { server, send } = await start();
    const ada = await connect(server, "polling");
    await Promise.all(upTo(100).map(() => send(low)));
    await expect.poll(() => seqs(ada)).toEqual(upTo(100));
  });

  it("do not wait on WebSocket, nor where one of several tabs is on it", async () => {
    const { server, send } = await start();
    const tabs = [await connect(server, "polling"), await connect(server, "websocket")];
    for (let count = 0; count < 3; count += 1) await send(low);
    for (const tab of tabs) await expect.poll(() => seqs(tab)).toEqual([1, 2, 3]);
  });

  it("can be requested while they wait, and do not keep tabs from learning what was read", async () => {
    const { server, clock, send } = await start();
    const [one, two] = [await connect(server, "polling"), await connect(server, "polling")];
    await send(normal);
    await expect.poll(() => [seqs(one), seqs(two)]).toEqual([[1], [1]]);
    await send(low);
    expect(await one.request("read_notifications", { seq: 1 })).toMatchObject({ ok: true });
    await expect
      .poll(() => two.received("unread_update").at(-1))
      .toEqual({ unread: 0, latest_seq: 1, acknowledged_seq: 1, read_seq: 1 });
    expect(await two.request("sync_notifications", { after: 1 })).toMatchObject({
      notifications: [{ seq: 2 }],
      latest_seq: 2,
      unread: 1,
    });
    clock.advance(15_250);
    await expect.poll(() => seqs(one)).toEqual([1, 2]);
  });
});

describe("a client that does not read", () => {
  async function start() {
    const store = createMemoryStore();
    const server = await startTestServer({ store });
    onTestFinished(() => server.close());
    const reader = readerOf(
      { userId: "ada", username: "ada", role: "user", session: { ref: "", expiresAt: null } },
      Date.now(),
    );
    const undelivered = async () =>
      (await store.notifications.read(reader, { limit: 500 })).notifications.map(({ seq }) => seq);
    const send = (count: number, notice = normal) =>
      Promise.all(upTo(count).map(() => server.realtime.notify.user("ada", notice)));
    return { server, send, undelivered };
  }

  /** Stops reading, until more data waits on the server than TCP accepts. */
  async function sleep(server: TestServer, client: TestClient): Promise<void> {
    const { id, conn } = serverSocketOf(server, client.socket.id);
    clientWebSocketOf(client).pause();
    while (bufferedBytes(conn) <= slowBytes) {
      server.realtime.io.to(id).emit("news", "y".repeat(50_000));
      await turn();
    }
  }

  it("is sent nothing more, and everything in order on catching up, without asking", async () => {
    const { server, send, undelivered } = await start();
    const ada = await connect(server, "websocket");
    await send(2);
    await expect.poll(() => seqs(ada)).toEqual([1, 2]);
    await expect.poll(undelivered).toEqual([]);
    await sleep(server, ada);
    const { conn } = serverSocketOf(server, ada.socket.id);
    const before = bufferedBytes(conn);
    await send(250);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(bufferedBytes(conn)).toBe(before);
    expect(await undelivered()).toEqual(upTo(252).slice(2));
    clientWebSocketOf(ada).resume();
    await expect.poll(() => seqs(ada)).toEqual(upTo(252));
    await expect.poll(undelivered).toEqual([]);
    expect(ada.received("unread_update").at(-1)).toMatchObject({ unread: 252, latest_seq: 252 });
  });

  it("holds up no other tab, and misses none that went to it meanwhile", async () => {
    const { server, send } = await start();
    const [sleeper, awake] = [await connect(server, "websocket"), await connect(server, "polling")];
    await sleep(server, sleeper);
    await send(120);
    await expect.poll(() => seqs(awake)).toEqual(upTo(120));
    await awake.request("read_notifications", { seq: 120 });
    await send(5);
    await expect.poll(() => seqs(awake)).toEqual(upTo(125));
    clientWebSocketOf(sleeper).resume();
    await send(5);
    for (const tab of [sleeper, awake]) await expect.poll(() => seqs(tab)).toEqual(upTo(130));
    expect(sleeper.received("unread_update").at(-1)).toMatchObject({ unread: 10, latest_seq: 130, read_seq: 120 });
  });

  it("receives each once, also when another tab has some of them and stops reading as well", async () => {
    const { server, send } = await start();
    const [one, two] = [await connect(server, "websocket"), await connect(server, "websocket")];
    await sleep(server, one);
    await send(5);
    await expect.poll(() => seqs(two)).toEqual(upTo(5));
    await sleep(server, two);
    await send(5);
    clientWebSocketOf(one).resume();
    await expect.poll(() => seqs(one)).toEqual(upTo(10));
    expect(seqs(two)).toEqual(upTo(5));
    clientWebSocketOf(two).resume();
    await expect.poll(() => seqs(two)).toEqual(upTo(10));
    await send(1);
    for (const tab of [one, two]) await expect.poll(() => seqs(tab)).toEqual(upTo(11));
  });

  it("is not mistaken for a client that is sent much in one turn and keeps up with it", async () => {
    // The clock stands still, so no client is checked a second time.
    const server = await startTestServer({ clock: createFakeClock(Date.now()) });
    onTestFinished(() => server.close());
    const ada = await connect(server, "websocket");
    const large: Notice = { ...normal, body: "€".repeat(2000), data: "€".repeat(4000) };
    await Promise.all(upTo(300).map(() => server.realtime.notify.user("ada", large)));
    await expect.poll(() => seqs(ada)).toEqual(upTo(300));
  });

  it("on polling receives them response by response, in order, once it polls again", async () => {
    const { server, send } = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const sid = await openSid(server, { cookie });
    const path = `${server.url}${pollingPath(sid)}`;
    const headers = { Origin: server.url, "Content-Type": "text/plain", cookie };
    const body = await connectPacket(server, cookie);
    await fetch(path, { method: "POST", headers, body });
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(1);
    const [socket] = server.realtime.io.of("/").sockets.values();
    if (socket === undefined) throw new Error("There is no socket.");
    await send(100, { ...normal, body: "ß".repeat(2000) });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(bufferedBytes(socket.conn)).toBeGreaterThan(slowBytes);
    expect(bufferedBytes(socket.conn)).toBeLessThan(slowBytes + 10_000);
    const got: number[] = [];
    const until = performance.now() + 10_000;
    while (got.length < 100 && performance.now() < until) {
      for (const packet of (await (await fetch(path, { headers })).text()).split("\x1e")) {
        if (packet === "2") await fetch(path, { method: "POST", headers, body: "3" });
        if (!packet.startsWith("42")) continue;
        const [event, payload] = JSON.parse(packet.slice(2));
        if (event === "notification") got.push(payload.seq);
      }
    }
    expect(got).toEqual(upTo(100));
  });
});

it.each(transports)(
  "hundreds of large notifications arrive in order, with others in between, over %s",
  async (transport) => {
    const server = await startTestServer();
    onTestFinished(() => server.close());
    const large: Notice = { ...normal, body: "€".repeat(2000) };
    await Promise.all(upTo(200).map(() => server.realtime.notify.user("ada", large)));
    const ada = await connect(server, transport);
    for (let count = 0; count < 100; count += 1) {
      await server.realtime.notify.user("ada", count % 2 ? low : large);
    }
    await expect.poll(() => seqs(ada).length, { interval: 100 }).toBe(300);
    expect(seqs(ada)).toEqual(upTo(300));
  },
);
