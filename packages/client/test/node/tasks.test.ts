/** Watched tasks: one join however many watch, and every end exactly once, whatever becomes of the connection. */
import { type TaskSnapshot, taskRoom } from "@signalbox/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { startTcpProxy } from "../browser/tcp-proxy.ts";
import { connect, connected, reached, settled, startServer, status, until } from "../support/node-clients.ts";
import { recordRequests } from "../support/packets.ts";

async function fixture() {
  const server = await startServer({ env: { PROGRESS_FLUSH_MS: "10" } });
  let open = true;
  const proxy = await startTcpProxy(() => server.port);
  proxy.judge = () => (open ? "pass" : "cut");
  onTestFinished(() => proxy.close());
  const sent = recordRequests(server);
  const { progress } = server.realtime;
  const { task_id: taskId } = await progress.create({ kind: "test", title: "Work", owner_id: "ada", total: 10 });
  const clients = connect({
    ...{ origin: server.url, url: proxy.url },
    cookie: server.sessions.signIn({ userId: "ada" }).cookie,
  });
  const user = clients.user();
  const heard: TaskSnapshot[] = [];
  for (const event of ["progress_update", "task_completed", "task_error", "task_cancelled"] as const) {
    user.on(event, (task) => void heard.push(task));
  }
  return {
    ...{ server, progress, taskId, clients, user, heard },
    joins: () => sent.filter(({ event }) => event === "join_task").map(({ payload }) => payload),
    members: () => server.realtime.io.of("/").adapter.rooms.get(taskRoom(taskId))?.size ?? 0,
    async cutOff() {
      open = false;
      const lost = reached(clients.state, status("reconnecting"));
      proxy.cutAll();
      await lost;
    },
    async letBack() {
      open = true;
      clients.retry();
      await connected(clients);
    },
  };
}

async function allOf<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

describe("a watched task", () => {
  it("is live, and follows the server's progress to its end, as a value, by events and in loops", async () => {
    const { progress, taskId, user, heard } = await fixture();
    const watch = user.tasks.watch(taskId);
    expect(watch.get()).toEqual({ task: null, source: "waiting", error: null });
    const looped: (string | undefined)[] = [];
    const loop = (async () => {
      for await (const { task } of watch) looped.push(task?.status);
    })();
    await reached(watch, ({ source }) => source === "live");
    await progress.report(taskId, { status: "running", current: 3 });
    await reached(watch, ({ task }) => task?.percent === 30);
    await progress.complete(taskId, { pages: 3 });
    await loop;
    expect(looped.at(-1)).toBe("completed");
    expect(watch.get().task).toMatchObject({ status: "completed", percent: 100, result: { pages: 3 } });
    expect(heard.map((task) => task.status)).toEqual(["queued", "running", "completed"]);
  });

  it("that the server does not know ends with that error", async () => {
    const { user } = await fixture();
    const watch = user.tasks.watch("none");
    const views = await allOf(watch);
    expect(views.at(-1)?.error).toMatchObject({ name: "RequestError", code: "task_not_found" });
  });

  it("that has ended already delivers its end once", async () => {
    const { progress, taskId, user, heard } = await fixture();
    const { version } = await progress.fail(taskId, { code: "broken", message: "It broke." });
    await allOf(user.tasks.watch(taskId));
    await allOf(user.tasks.watch(taskId));
    expect(heard).toMatchObject([{ version, status: "failed" }]);
  });
});

describe("an interruption", () => {
  it("is followed by a join with the known version, which brings what was missed", async () => {
    const { progress, taskId, clients, user, heard, joins, members, cutOff, letBack } = await fixture();
    const watch = user.tasks.watch(taskId);
    await settled(clients);
    await progress.report(taskId, { status: "running", current: 1 });
    const { version } = await reached(watch, ({ task }) => task?.current === 1).then(
      ({ task }) => task as TaskSnapshot,
    );
    await cutOff();
    expect(watch.get()).toMatchObject({ source: "waiting", task: { version } });
    await progress.report(taskId, { current: 5 });
    await letBack();
    await reached(watch, ({ source, task }) => source === "live" && task?.current === 5);
    expect(joins()).toEqual([{ task_id: taskId }, { task_id: taskId, since: version }]);
    expect(members()).toBe(1);
    expect(heard.map(({ current }) => current)).toEqual([null, 1, 5].slice(-heard.length));
  });

  it("does not hide the end: it comes with the join, exactly once", async () => {
    const { progress, taskId, clients, user, heard, cutOff, letBack } = await fixture();
    const watch = user.tasks.watch(taskId);
    await settled(clients);
    await reached(watch, ({ source }) => source === "live");
    await cutOff();
    const final = await progress.complete(taskId, "done");
    await letBack();
    await allOf(watch);
    await cutOff();
    await letBack();
    await user.request("check_connection", {});
    expect(heard.filter((task) => task.status === "completed")).toEqual([final]);
    expect(watch.get().task).toEqual(final);
  });

  it("never brings an older version back", async () => {
    const { server, progress, taskId, clients, user, heard, cutOff, letBack } = await fixture();
    const watch = user.tasks.watch(taskId);
    await settled(clients);
    await progress.report(taskId, { status: "running", current: 7 });
    const { task: latest } = await reached(watch, ({ task }) => task?.current === 7);
    server.realtime.io.emit("progress_update", { ...latest, version: 1, current: 1 });
    await cutOff();
    await letBack();
    await reached(watch, ({ source }) => source === "live");
    expect(watch.get().task).toEqual(latest);
    const versions = heard.map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  });
});

describe("many watchers", () => {
  it("join once, hear the same, and leave when the last one goes", async () => {
    const { taskId, user, joins, members } = await fixture();
    const watches = Array.from({ length: 10 }, () => user.tasks.watch(taskId));
    await Promise.all(watches.map((watch) => reached(watch, ({ source }) => source === "live")));
    expect(joins()).toEqual([{ task_id: taskId }]);
    expect(members()).toBe(1);

    const last = watches.pop();
    for (const watch of watches) watch.stop();
    watches[0]?.stop();
    await user.request("check_connection", {});
    expect(members()).toBe(1);
    last?.stop();
    await until(() => members() === 0);
    expect(joins()).toHaveLength(1);
  });

  it("that come and go at once leave no member in the room, in either order", async () => {
    const { taskId, user, members } = await fixture();
    const first = user.tasks.watch(taskId);
    await reached(first, ({ source }) => source === "live");
    first.stop();
    const second = user.tasks.watch(taskId);
    await reached(second, ({ source }) => source === "live");
    await user.request("check_connection", {});
    expect(members()).toBe(1);
    second.stop();
    user.tasks.watch(taskId).stop();
    await until(() => members() === 0);
    await user.request("check_connection", {});
    expect(members()).toBe(0);
  });

  it("of one task do not keep another from ending, and a client that closes ends them all", async () => {
    const { taskId, user, clients } = await fixture();
    const watch = user.tasks.watch(taskId);
    await reached(watch, ({ source }) => source === "live");
    const views = allOf(watch);
    clients.close();
    expect((await views).at(-1)?.error).toMatchObject({ code: "closed" });
  });
});
