import type { TaskSnapshot } from "@signalbox/protocol";
import { expect, test } from "vitest";
import { openTasks } from "../../../browser/src/admin/tasks-store.ts";
import { runDashboard } from "./dashboard-fixture.ts";

const make = (title: string) => ({ kind: "batch", title, owner_id: "ada" });

test("unfinished tasks come first, and updates and rows that are read are merged by version", async () => {
  const { server, section, sendBatch } = await runDashboard();
  const { progress } = server.realtime;
  const ended = await progress.create(make("ended"));
  await progress.report(ended.task_id, { status: "running" });
  await progress.complete(ended.task_id);
  const running = await progress.create(make("running"));
  const { state } = openTasks(section);
  const titles = () => state.get().tasks.map(({ title }) => title);
  const percent = () => state.get().tasks.find(({ title }) => title === "running")?.percent;
  await expect.poll(titles).toEqual(["running", "ended"]);

  const half = await progress.report(running.task_id, { status: "running", percent: 50 });
  await expect.poll(percent).toBe(50);
  sendBatch({ tasks: [{ ...half, version: half.version - 1, percent: 40 }] });
  const late: TaskSnapshot = { ...half, task_id: "later", title: "later", created_at: new Date().toISOString() };
  sendBatch({ tasks: [late] });
  await expect.poll(titles).toEqual(["later", "running", "ended"]);
  expect(percent()).toBe(50);

  await progress.remove(running.task_id);
  await expect.poll(titles).toEqual(["later", "ended"]);
});

test("the list matches the server: a task that was deleted while the dashboard was away is gone after the return", async () => {
  const { server, section, interrupt } = await runDashboard();
  const { progress } = server.realtime;
  const gone = await progress.create(make("gone"));
  await progress.create(make("stays"));
  const { state } = openTasks(section);
  const titles = () =>
    state
      .get()
      .tasks.map(({ title }) => title)
      .sort();
  await expect.poll(titles).toEqual(["gone", "stays"]);
  const isBack = await interrupt();
  await progress.remove(gone.task_id);
  await progress.create(make("new"));
  expect(titles()).toEqual(["gone", "stays"]);
  isBack();
  await expect.poll(titles).toEqual(["new", "stays"]);
});

test("all that is under way is listed, however much has ended since; and searched for at the server", async () => {
  const { server, section } = await runDashboard();
  const { progress } = server.realtime;
  const old = await progress.create(make("long under way"));
  await progress.report(old.task_id, { status: "running" });
  await Promise.all(
    Array.from({ length: 600 }, async (_, index) => {
      const { task_id } = await progress.create(make(`short ${index}`));
      await progress.cancelled(task_id);
    }),
  );
  const { state, search } = openTasks(section);
  await expect.poll(() => state.get().tasks[0]?.title).toBe("long under way");
  search("SHORT 599");
  await expect.poll(() => state.get().tasks.map(({ title }) => title)).toEqual(["short 599"]);
});
