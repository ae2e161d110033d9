/** Every answer is bounded in bytes: pages have fewer rows, and lead on to the next. */
import type { Page } from "@signalbox/protocol";
import { expect, it, onTestFinished } from "vitest";
import { readBounded, rowsWithin } from "../../src/core/bounded-page.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { createSqlStore, openSqlite, type SignalboxTables } from "../../src/store/sql.ts";
import { connectClient, startTestServer, type TestClient } from "../../src/testing/index.ts";

const maxBufferedBytes = 100_000;
const env = {
  SIGNALBOX_MAX_BUFFERED_BYTES: String(maxBufferedBytes),
  SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1000000",
  SIGNALBOX_MAX_CONNECTIONS_PER_USER: "1000",
  SIGNALBOX_CONNECT_RATE_PER_USER: "1000",
};

async function start(store = createMemoryStore()) {
  const server = await startTestServer({ env, store });
  onTestFinished(() => server.close());
  const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
  const admin = await connectClient(server.url, { cookie, namespace: "/admin" });
  onTestFinished(() => admin.close());
  return { server, admin };
}

/** Reads a list to its end, and checks every answer. */
async function readAll(client: TestClient, event: string, request: object = {}): Promise<unknown[]> {
  const rows: unknown[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page = await client.request<Page<unknown>>(event, { limit: 500, ...request, ...(after && { after }) });
    expect(JSON.stringify(page).length).toBeLessThan(maxBufferedBytes);
    expect(page.rows.length).toBeGreaterThan(0);
    rows.push(...page.rows);
    after = page.next;
  }
  return rows;
}

it("answers with the list of connections stay bounded when names are very long", async () => {
  const { server, admin } = await start();
  for (let n = 0; n < 20; n += 1) {
    const { cookie } = server.sessions.signIn({ userId: `user-${n}`, username: "n".repeat(20_000) });
    const client = await connectClient(server.url, { cookie });
    onTestFinished(() => client.close());
  }
  expect(await readAll(admin, "list_connections")).toHaveLength(21);
  const byPosition = await admin.request("list_connections", { sort: "username", limit: 500 });
  expect(byPosition.rows.length).toBeGreaterThan(0);
  expect(JSON.stringify(byPosition).length).toBeLessThan(maxBufferedBytes);
  expect(admin.socket.connected).toBe(true);
});

it.each([
  ["memory", async () => createMemoryStore()],
  ["SQL", () => createSqlStore(openSqlite<SignalboxTables>(":memory:").kysely)],
])("answers with the list of tasks stay bounded when results are large, with a store in %s", async (_kind, open) => {
  const { server, admin } = await start(await open());
  const { progress } = server.realtime;
  for (let n = 0; n < 30; n += 1) {
    const { task_id } = await progress.create({ kind: "t", title: `Task ${n}`, owner_id: "ada" });
    await progress.complete(task_id, "r".repeat(n % 10 === 0 ? 60_000 : 5000));
  }
  const rows = (await readAll(admin, "list_tasks")) as { task_id: string }[];
  expect(new Set(rows.map(({ task_id }) => task_id)).size).toBe(30);
  expect(rows).toHaveLength(30);
  expect((await admin.request("list_tasks", { limit: 3 })).rows.length).toBeLessThanOrEqual(3);
});

it("answers with the security log stay bounded", async () => {
  const store = createMemoryStore();
  const events = Array.from({ length: 400 }, (_, n) => ({
    ...{ id: `id-${n}`, at: new Date(n).toISOString(), type: "origin_refused", severity: "low", ip: `10.0.0.${n}` },
    ...{ detail: "d".repeat(1000), count: 1 },
  }));
  await store.securityEvents.put(events as Parameters<typeof store.securityEvents.put>[0]);
  const { admin } = await start(store);
  expect(await readAll(admin, "list_security_events")).toHaveLength(400);
});

it("answers with notifications stay bounded, over a socket and over HTTP", async () => {
  const { server } = await start();
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  for (let n = 0; n < 60; n += 1) {
    await server.realtime.notify.user("ada", { type: "t", title: `Notice ${n}`, body: "b".repeat(2000) });
  }
  const client = await connectClient(server.url, { cookie });
  onTestFinished(() => client.close());
  const headers = { origin: server.url, cookie };
  const readers = [
    (after: number) => client.request("sync_notifications", { after, limit: 500 }),
    async (after: number) =>
      (await fetch(`${server.url}/realtime/notifications?limit=500&after=${after}`, { headers })).json(),
  ];
  for (const read of readers) {
    let taken = 0;
    for (let latest = 1; taken < latest; ) {
      const page = (await read(taken)) as { notifications: { seq: number }[]; latest_seq: number };
      expect(JSON.stringify(page).length).toBeLessThan(maxBufferedBytes);
      expect(page.notifications[0]?.seq).toBe(taken + 1);
      taken = page.notifications.at(-1)?.seq ?? 0;
      latest = page.latest_seq;
    }
    expect(taken).toBe(60);
  }
});

it("an administrator whose connection is dropped has not offended", async () => {
  const { server, admin } = await start();
  const [socket] = server.realtime.io.of("/admin").sockets.values();
  // Simulates a network that accepts no data: what is sent stays on the server.
  if (socket === undefined) throw new Error("The administrator has no socket.");
  const stream = (socket.conn.transport as unknown as { socket: { _socket: { cork(): void } } }).socket._socket;
  stream.cork();
  for (let n = 0; n < 100; n += 1) socket.emit("large", "x".repeat(10_000));
  await admin.disconnected();
  const messages = server.logged.filter(({ level }) => level === "warn").map(({ message }) => message);
  expect(messages).toEqual(["The connection of an administrator was closed: it did not read."]);
});

it("a store is asked for few rows at a time, and for no more than fit", async () => {
  const limits: number[] = [];
  const rows = Array.from({ length: 1000 }, (_, n) => ({ n, text: "x".repeat(100) }));
  const list = async ({ after = "0", limit = 0 }: { after?: string | undefined; limit?: number | undefined }) => {
    limits.push(limit);
    const end = Number(after) + limit;
    return { rows: rows.slice(Number(after), end), next: end < rows.length ? String(end) : null, total: rows.length };
  };
  const size = rowsWithin(rows, Number.POSITIVE_INFINITY).bytes;
  const page = await readBounded(list, { limit: 500 }, size / 10);
  expect(Math.max(...limits)).toBe(50);
  expect(limits.length).toBeLessThan(6);
  expect(page.rows).toEqual(rows.slice(0, page.rows.length));
  expect(page.next).toBe(String(page.rows.length));
  expect(rowsWithin(page.rows, Number.POSITIVE_INFINITY).bytes).toBeLessThanOrEqual(size / 10);
});
