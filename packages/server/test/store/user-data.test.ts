/** Export and erasure of a user's data, on a running server, with every store. */
import { describe, expect, it, onTestFinished } from "vitest";
import type { Store } from "../../src/core/ports.ts";
import { connectClient, refusalOf, startTestServer, type TestClientOptions } from "../../src/testing/index.ts";
import { kinds, setUpStores } from "./kinds.ts";

setUpStores();

const news = (title: string) => ({ type: "news", title });
const critical = (title: string) => ({ ...news(title), priority: "critical" as const });
const job = (owner_id: string, title = "T") => ({ kind: "k", title, owner_id });

describe.each(kinds)("with a store in %s", (_kind, open) => {
  async function start(wrap = (store: Store): Store => store) {
    const kept = await open();
    const store = wrap(kept);
    const server = await startTestServer({ store, notifications: { onUnacknowledged() {} } });
    onTestFinished(async () => {
      await server.close();
      await kept.close();
    });
    // No request is answered until the blocks have been read.
    await expect.poll(() => server.realtime.users.export("x").catch(() => undefined)).toBeDefined();
    const connect = async (userId: string, options: TestClientOptions & { role?: "admin" } = {}) => {
      const { role = "user" } = options;
      const client = await connectClient(server.url, { ...server.sessions.signIn({ userId, role }), ...options });
      onTestFinished(() => client.close());
      return client;
    };
    return { ...server.realtime, server, store, connect };
  }

  it("export returns the user's tasks, notifications, security events and blocks as plain JSON", async () => {
    const { users, notify, progress, connect } = await start();
    const ada = await connect("ada");
    const root = await connect("root", { role: "admin", namespace: "/admin" });
    const { task_id } = await progress.create(job("ada"));
    await progress.report(task_id, { status: "running", percent: 10 });
    await progress.report(task_id, { percent: 20 });
    await progress.create(job("bob"));
    for (const title of ["read", "acknowledged", "delivered"]) await notify.user("ada", news(title));
    await notify.everyone(news("for all"));
    await notify.role("admin", news("secret"));
    await notify.user("bob", news("for bob"));
    for (let received = 0; received < 4; received += 1) await ada.next("notification");
    await ada.request("ack_notifications", { seq: 2 });
    await ada.request("read_notifications", { seq: 1 });
    await ada.request("join_room", { room_id: "private" });
    const block = { subject: "user", id: "ada", seconds: 60, reason: "spam" };
    expect(await root.request("add_block", block)).toMatchObject({ ok: true });
    await ada.disconnected();
    await notify.user("ada", news("stored"));

    const states = async () =>
      (await users.export("ada")).notifications.map(({ title, state, audience }) => [title, state, audience]);
    // A delivery is stored after the client has received it.
    await expect.poll(states).toEqual([
      ["read", "read", { user_id: "ada" }],
      ["acknowledged", "acknowledged", { user_id: "ada" }],
      ["delivered", "delivered", { user_id: "ada" }],
      ["for all", "delivered", "everyone"],
      ["stored", "stored", { user_id: "ada" }],
    ]);
    const data = await users.export("ada");
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
    expect(data).toMatchObject({
      user_id: "ada",
      tasks: [{ task_id, percent: 20 }],
      security_events: [{ type: "room_denied", user_id: "ada" }],
      blocks: [{ subject: "user", id: "ada", by: "root", note: "spam" }],
    });
    expect(await users.export("nobody")).toMatchObject({
      ...{ user_id: "nobody", tasks: [], notifications: [], security_events: [], blocks: [] },
    });
  });

  it("export changes nothing: a new administrator still gets what waits for administrators", async () => {
    const { users, notify, connect } = await start();
    await notify.role("admin", news("secret"));
    await notify.user("root", news("own"));
    expect((await users.export("root")).notifications.map(({ title }) => title)).toEqual(["own"]);
    const root = await connect("root", { role: "admin" });
    const { notifications } = await root.request("sync_notifications", { after: 0 });
    expect(notifications).toMatchObject([{ title: "secret" }, { title: "own" }]);
  });

  it("erase removes tasks, notifications and read marks, and leaves other users alone", async () => {
    const { users, notify, progress, connect, server, store } = await start();
    const ada = await connect("ada");
    const bob = await connect("bob");
    const mine = await progress.create(job("ada"));
    const done = await progress.create(job("ada"));
    await progress.complete(done.task_id);
    const theirs = await progress.create(job("bob"));
    await notify.user("ada", critical("personal"));
    await notify.everyone(critical("for all"));
    for (const client of [ada, ada, bob]) await client.next("notification");
    await bob.request("read_notifications", { seq: 1 });

    server.sessions.end({ userId: "ada" }, "signed_out");
    await ada.disconnected();
    expect(await users.erase("ada")).toMatchObject({ user_id: "ada", tasks: 2, notifications: 1 });
    expect(await users.export("ada")).toMatchObject({ tasks: [], notifications: [] });
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const due = await store.notifications.escalations.claim({ now: tomorrow, until: tomorrow, limit: 9 });
    expect(due.map(({ audience }) => audience)).toEqual(["everyone"]);
    for (const { task_id } of [mine, done]) expect(await progress.get(task_id)).toBeUndefined();
    expect(await progress.get(theirs.task_id)).toMatchObject({ owner_id: "bob" });
    expect((await users.export("bob")).notifications).toMatchObject([{ title: "for all", state: "read" }]);
    expect(await users.erase("ada")).toMatchObject({ tasks: 0, notifications: 0 });

    const again = await connect("ada");
    const { notifications } = await again.request("sync_notifications", { after: 0 });
    expect(notifications).toMatchObject([{ title: "for all", seq: 1 }]);
  });

  it("erase closes the user's connections, and no late report brings a task back", async () => {
    const { users, progress, server, store } = await start();
    const { cookie, ref } = server.sessions.signIn({ userId: "ada" });
    const ada = await connectClient(server.url, { cookie });
    onTestFinished(() => ada.close());
    const { task_id } = await progress.create(job("ada"));
    await progress.report(task_id, { status: "running", percent: 1 });
    await ada.request("join_task", { task_id });
    await progress.report(task_id, { percent: 2 });
    server.sessions.forget(ref);
    await users.erase("ada");
    expect(await ada.next("session_ending")).toMatchObject({ reason: "removed" });
    await ada.disconnected();
    await expect(progress.report(task_id, { percent: 3 })).rejects.toMatchObject({ code: "task_not_found" });
    await progress.flush();
    expect(await store.tasks.get(task_id)).toBeUndefined();
  });

  it("erase names what it keeps, and a blocked user stays blocked", async () => {
    const { users, connect, server } = await start();
    const ada = await connect("ada");
    const root = await connect("root", { role: "admin", namespace: "/admin" });
    await ada.request("join_room", { room_id: "private" });
    await root.request("add_block", { subject: "user", id: "ada", seconds: 60, reason: "spam" });
    await ada.disconnected();
    const { kept } = await users.erase("ada");
    expect(kept).toEqual([
      { data: "security_events", count: 1, reason: expect.stringContaining("SIGNALBOX_SECURITY_LOG_ROWS") },
      { data: "blocks", count: 1, reason: expect.stringContaining("until") },
    ]);
    const { security_events, blocks } = await users.export("ada");
    expect([security_events.length, blocks.length]).toEqual([1, 1]);
    expect(await refusalOf(server.url, server.sessions.signIn({ userId: "ada" }))).toMatchObject({ code: "blocked" });
    expect((await users.erase("bob")).kept).toEqual([]);
  });

  it("export and erase take page after page and let the process serve others in between", async () => {
    const { users, notify, progress } = await start();
    const titles = Array.from({ length: 201 }, (_, index) => String(index));
    await Promise.all(titles.map((title) => progress.create(job("ada", title))));
    for (const title of titles) await notify.user("ada", news(title));
    const exported = await turnsOf(() => users.export("ada"));
    expect(new Set(exported.result.tasks.map(({ title }) => title))).toEqual(new Set(titles));
    expect(exported.result.notifications.map(({ title }) => title)).toEqual(titles);
    expect(exported.turns).toBeGreaterThanOrEqual(4);
    const erased = await turnsOf(() => users.erase("ada"));
    expect(erased.result).toMatchObject({ tasks: 201, notifications: 201 });
    expect(erased.turns).toBeGreaterThanOrEqual(201);
    expect(await users.export("ada")).toMatchObject({ tasks: [], notifications: [] });
  });

  it("erase spares a task that is handed over while it runs", async () => {
    let handOver = async (): Promise<void> => {};
    const { users, progress } = await start((store) => ({
      ...store,
      tasks: {
        ...store.tasks,
        async list(filter) {
          const page = await store.tasks.list(filter);
          await handOver();
          return page;
        },
      },
    }));
    const { task_id } = await progress.create(job("ada"));
    handOver = async () => void (await progress.report(task_id, { owner_id: "bob" }));
    expect(await users.erase("ada")).toMatchObject({ tasks: 0 });
    expect(await progress.get(task_id)).toMatchObject({ owner_id: "bob" });
  });

  it("erase rejects while notifications cannot be removed, and removes the rest when it is called again", async () => {
    let failures = 1;
    const { users, notify, progress } = await start((store) => ({
      ...store,
      notifications: {
        ...store.notifications,
        async eraseUser(userId, limit) {
          if (failures-- > 0) throw new Error("The disk is gone.");
          return store.notifications.eraseUser(userId, limit);
        },
      },
    }));
    await progress.create(job("ada"));
    await notify.user("ada", news("personal"));
    await expect(users.erase("ada")).rejects.toMatchObject({ code: "unavailable" });
    expect(await users.export("ada")).toMatchObject({ tasks: [], notifications: [{ title: "personal" }] });
    expect(await users.erase("ada")).toMatchObject({ tasks: 0, notifications: 1 });
  });

  it("export and erase refuse what cannot be a user's id before the store is asked", async () => {
    const { users } = await start();
    for (const id of ["", "a\0b", "a\ud83d", "x".repeat(257), 42 as never]) {
      await expect(users.export(id)).rejects.toThrow(TypeError);
      await expect(users.erase(id)).rejects.toThrow("user's id");
    }
    for (const id of ["a\nb", "'; drop table signalbox_task; --", "ada@example.org", "🙈"]) {
      expect(await users.erase(id)).toEqual({ user_id: id, tasks: 0, notifications: 0, kept: [] });
    }
  });
});

/** Counts the turns of the event loop while something runs. */
async function turnsOf<Result>(run: () => Promise<Result>): Promise<{ result: Result; turns: number }> {
  let turns = 0;
  let next = setImmediate(count);
  function count(): void {
    turns += 1;
    next = setImmediate(count);
  }
  const result = await run();
  clearImmediate(next);
  return { result, turns };
}
