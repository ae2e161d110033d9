/** An outage of the notification store: every affected client gets a refusal, and operators are notified once. */
import type { Notice } from "@signalbox/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import type { NotificationStore, Store } from "../../src/core/ports.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import {
  connectClient,
  createFakeClock,
  startTestServer,
  type TestClient,
  type TestServer,
  transports,
} from "../../src/testing/index.ts";

const hello: Notice = { type: "test", title: "Hello" };

/** A store whose notification part fails on demand; everything else, including `ping`, continues to work. */
function frailStore(): { store: Store; fail(isFailing: boolean): void } {
  const kept = createMemoryStore();
  let failing = false;
  const frail = <Part extends object>(part: Part): Part =>
    new Proxy(part, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return frail(value as object);
        return async (...args: unknown[]) => {
          if (failing) throw new Error("The disk of notifications is gone.");
          return value(...args);
        };
      },
    });
  return {
    store: { ...kept, notifications: frail<NotificationStore>(kept.notifications) },
    fail(isFailing) {
      failing = isFailing;
    },
  };
}

const outageLines = ({ logged }: TestServer) => logged.filter(({ level }) => level === "error" || level === "warn");
async function storeStatus(server: TestServer): Promise<[number, string]> {
  const response = await fetch(`${server.url}/readyz`);
  const { dependencies } = (await response.json()) as { dependencies: { store: { status: string } } };
  return [response.status, dependencies.store.status];
}
const seqs = (client: TestClient) => (client.received("notification") as { seq: number }[]).map(({ seq }) => seq);

describe.each(transports)("over %s", (transport) => {
  it("is answered as unavailable, told by readiness, and logged once when it begins and once when it is over", async () => {
    const { store, fail } = frailStore();
    const clock = createFakeClock(Date.now());
    const server = await startTestServer({ store, clock, notifications: { onUnacknowledged() {} } });
    onTestFinished(() => server.close());
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const ada = await connectClient(server.url, { cookie, transport });
    onTestFinished(() => ada.close());
    const { notify } = server.realtime;
    await notify.user("ada", hello);
    await expect.poll(() => seqs(ada)).toEqual([1]);
    expect(await storeStatus(server)).toEqual([200, "ok"]);

    fail(true);
    const unavailable = { code: "unavailable", retry_after_ms: 1000 };
    for (let n = 0; n < 10; n += 1) {
      await expect(notify.user("ada", hello)).rejects.toMatchObject({ name: "Refusal", code: "unavailable" });
      await expect(notify.everyone(hello)).rejects.toMatchObject({ code: "unavailable" });
      for (const [event, payload] of [
        ["sync_notifications", { after: 0 }],
        ["ack_notifications", { seq: 1 }],
        ["read_notifications", { seq: 1 }],
      ] as const) {
        expect(await ada.request(event, payload)).toMatchObject({ ok: false, error: unavailable });
      }
      const http = await fetch(`${server.url}/realtime/notifications`, { headers: { cookie, origin: server.url } });
      expect([http.status, await http.json()]).toMatchObject([503, { error: unavailable }]);
      clock.advance(1000);
    }
    expect(await storeStatus(server)).toEqual([503, "failing"]);
    expect(outageLines(server)).toEqual([
      {
        level: "error",
        message: "The store of notifications does not answer.",
        fields: expect.objectContaining({ err: new Error("The disk of notifications is gone.") }),
      },
    ]);

    fail(false);
    clock.advance(1000);
    await notify.user("ada", hello);
    await expect.poll(() => seqs(ada)).toEqual([1, 2]);
    expect(await storeStatus(server)).toEqual([200, "ok"]);
    expect(outageLines(server)).toHaveLength(1);
    expect(server.logged.map(({ message }) => message)).toContain("The store of notifications answers again.");
  });

  it("that fails between storing and delivering is tried again, without waiting for the next notification", async () => {
    const { store, fail } = frailStore();
    const append = store.notifications.append;
    const fallible = {
      ...store.notifications,
      append: (notices: Parameters<typeof append>[0]) => append(notices).then(() => fail(true)),
    };
    const server = await startTestServer({ store: { ...store, notifications: fallible } });
    onTestFinished(() => server.close());
    const users = ["ada", "bob"];
    const clients = await Promise.all(
      users.map((userId) =>
        connectClient(server.url, { cookie: server.sessions.signIn({ userId }).cookie, transport }),
      ),
    );
    onTestFinished(() => clients.forEach((client) => void client.close()));
    await server.realtime.notify.everyone(hello);
    await expect.poll(() => outageLines(server)).toHaveLength(1);
    for (const client of clients) expect(seqs(client)).toEqual([]);
    fail(false);
    for (const client of clients) await expect.poll(() => seqs(client)).toEqual([1]);
  });
});

it("a notification that was sent, but could not be marked as delivered, is not sent again", async () => {
  const kept = createMemoryStore();
  let attempts = 0;
  const store: Store = {
    ...kept,
    notifications: {
      ...kept.notifications,
      async advance(reader, state, seq) {
        attempts += 1;
        if (attempts <= 3) throw new Error("The disk is full.");
        await kept.notifications.advance(reader, state, seq);
      },
    },
  };
  const server = await startTestServer({ store });
  onTestFinished(() => server.close());
  const ada = await connectClient(server.url, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
  onTestFinished(() => ada.close());
  await server.realtime.notify.user("ada", hello);
  await expect.poll(() => attempts).toBe(2);
  await server.realtime.notify.user("ada", hello);
  await expect.poll(() => seqs(ada)).toEqual([1, 2]);
  await expect.poll(() => attempts).toBe(5);
});

it("notices that were stored are counted by the kind of their audience and priority", async () => {
  const { store, fail } = frailStore();
  const server = await startTestServer({ store, roomAccess: () => true });
  onTestFinished(() => server.close());
  const { notify } = server.realtime;
  for (const userId of ["ada", "bob"]) {
    const client = await connectClient(server.url, { cookie: server.sessions.signIn({ userId }).cookie });
    onTestFinished(() => client.close());
    await client.request("join_room", { room_id: "lobby" });
  }
  await notify.user("ada", hello);
  await notify.role("admin", { ...hello, priority: "critical" });
  await notify.room("lobby", { ...hello, priority: "low" });
  for (let n = 0; n < 3; n += 1) await notify.everyone({ ...hello, priority: "high" });
  fail(true);
  await expect(notify.everyone(hello)).rejects.toMatchObject({ code: "unavailable" });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const counted = [...metrics.matchAll(/^signalbox_notices_total\{audience="(\w+)",priority="(\w+)"\} (\d+)$/gm)];
  expect(counted.map(([, ...all]) => all.join(" "))).toEqual([
    "user normal 1",
    "role critical 1",
    "room low 2",
    "everyone high 3",
  ]);
});
