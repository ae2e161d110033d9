/** What tabs with a real connection between them get, and what the server sees of them. */
import { taskRoom } from "@signalbox/protocol";
import { expect, test } from "vitest";
import { reached, startServer, until } from "../support/node-clients.ts";
import { createFakeBrowser } from "./fake-browser.ts";
import { openRealTab } from "./real-tabs.ts";

async function fixture(env: Record<string, string> = {}) {
  const server = await startServer({ env });
  const joins: { socketId: string }[] = [];
  let answering = true;
  server.realtime.io.use((socket, next) => {
    socket.use(([event], proceed) => {
      if (event === "join_task") joins.push({ socketId: socket.id });
      if (answering || event !== "join_task") proceed();
    });
    next();
  });
  const { progress } = server.realtime;
  const task = await progress.create({ kind: "test", title: "Work", owner_id: "ada" });
  const browser = createFakeBrowser();
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const tabs = [1, 2, 3].map(() => openRealTab(browser.openTab(), server, cookie));
  const connected = () =>
    Promise.all(tabs.map(({ link }) => reached(link.state, ({ status }) => status === "connected")));
  await connected();
  return {
    ...{ server, task, tabs, joins, connected },
    answer(whether: boolean) {
      answering = whether;
    },
  };
}

test.each(["polling", "websocket"])("a progress_batch over %s reaches every tab as updates", async (transport) => {
  const { server, task, tabs } = await fixture({ SOCKETIO_TRANSPORTS: transport });
  const watches = tabs.map(({ tasks }) => tasks.watch(task.task_id));
  await Promise.all(watches.map((watch) => reached(watch, ({ source }) => source === "live")));
  expect(server.realtime.io.engine.clientsCount).toBe(1);

  const later = { ...task, version: task.version + 1, status: "running", current: 1 };
  const other = { ...later, task_id: "another" };
  server.realtime.io.to(taskRoom(task.task_id)).emit("progress_batch", { tasks: [later, { task_id: "bad" }, other] });
  await until(() => tabs.every(({ told }) => told.some(({ task_id }) => task_id === "another")));
  for (const [index, { told, problems }] of tabs.entries()) {
    expect(told).toEqual([task, later, other]);
    expect(problems).toMatchObject([{ kind: "malformed_message", event: "progress_update" }]);
    expect(watches[index]?.get().task).toEqual(later);
  }
});

test("each tab joins its task once per opening, although its join was under way when the connection was lost", async () => {
  const { server, task, tabs, joins, answer, connected } = await fixture();
  answer(false);
  const watches = tabs.map(({ tasks }) => tasks.watch(task.task_id));
  await until(() => joins.length === tabs.length);
  answer(true);
  const lost = tabs.map(({ link }) => reached(link.state, ({ status }) => status === "reconnecting"));
  for (const { conn } of server.realtime.io.sockets.sockets.values()) conn.close();
  await Promise.all(lost);
  await connected();
  await Promise.all(watches.map((watch) => reached(watch, ({ source }) => source === "live")));
  // Whatever would join once more after a failure does so within a second.
  await new Promise((resolve) => setTimeout(resolve, 1300));
  const [first, second] = [...new Set(joins.map(({ socketId }) => socketId))];
  expect(joins.map(({ socketId }) => socketId)).toEqual([first, first, first, second, second, second]);
  expect(server.realtime.io.sockets.adapter.rooms.get(taskRoom(task.task_id))?.size).toBe(1);
});
