/** What is kept of tasks, and for how long. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished, vi } from "vitest";
import { startWorkbench } from "../../server/create-workbench.ts";
import { makeImage, type Person, signUp, temporaryEnvironment } from "../fixture.ts";

vi.setConfig({ testTimeout: 60_000 });

const dayMs = 24 * 60 * 60_000;

/** Moves everything that the database knows of a task into the past. */
function age(database: string, taskId: string, days: number): void {
  const db = new DatabaseSync(database);
  const at = new Date(Date.now() - days * dayMs).toISOString();
  const { json } = db.prepare("select json from signalbox_task where id = ?").get(taskId) as { json: string };
  const aged = JSON.stringify({ ...JSON.parse(json), created_at: at, updated_at: at });
  db.prepare("update signalbox_task set at = ?, json = ? where id = ?").run(at, aged, taskId);
  db.close();
}

it("removes uploads with the end of their batch, and ended tasks with their results after the set number of days", async () => {
  const environment = await temporaryEnvironment({ WORKBENCH_RETENTION_DAYS: "7" });
  const folder = environment.DATA_DIR ?? "";
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const first = await startWorkbench(environment);
  const ada = await signUp(first.url);
  const statusOf = async ({ fetch }: Person, taskId: string): Promise<string | undefined> =>
    (await (await fetch(`/api/tasks/${taskId}`)).json()).task?.status;
  const convert = async (): Promise<string> => {
    const { task_id } = await (await ada.start([await makeImage("a.png", 16, 16)])).json();
    await expect.poll(() => statusOf(ada, task_id)).toBe("completed");
    return task_id;
  };
  const [old, young] = [await convert(), await convert()];
  await expect.poll(() => readdir(join(folder, "uploads"))).toEqual([]);
  const { task_id: running } = await (await ada.start({ steps: 1000, step_ms: 1000 })).json();
  await first.close();
  for (const [taskId, days] of [
    [old, 8],
    [young, 6],
    [running, 8],
  ] as const) {
    age(join(folder, "workbench.sqlite"), taskId, days);
  }

  const second = await startWorkbench(environment);
  onTestFinished(() => second.close());
  await expect.poll(() => statusOf(ada, old)).toBeUndefined();
  expect((await ada.fetch(`/api/tasks/${old}/results`)).status).toBe(404);
  expect(await readdir(join(folder, "results"))).toEqual([young]);
  expect(await statusOf(ada, young)).toBe("completed");
  await expect.poll(() => statusOf(ada, running)).toBe("running");
});
