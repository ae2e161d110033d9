/** What a watcher receives about a task while the server, in a process of its own, is killed in the middle of it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskSnapshot } from "@signalbox/protocol";
import { expect, it, onTestFinished } from "vitest";
import { connectClient, type TestClient } from "../../src/testing/index.ts";

interface Started {
  readonly process: ChildProcess;
  readonly client: TestClient;
}

async function start(path: string): Promise<Started> {
  const process = fork(join(import.meta.dirname, "crash-main.ts"), [path], {
    execArgv: ["--conditions=@signalbox/source"],
  });
  onTestFinished(() => void process.kill("SIGKILL"));
  const [{ url, cookie }] = (await once(process, "message")) as [{ url: string; cookie: string }];
  const client = await connectClient(url, { cookie });
  onTestFinished(() => client.close());
  return { process, client };
}

it("versions rise, and percent falls only where a new run begins, over kill -9 in a burst of reports", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-crash-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "data.db");

  const first = await start(path);
  const seen: TaskSnapshot[] = [(await first.client.request("join_task", { task_id: "one" })).task];
  first.client.socket.on("progress_update", (task: TaskSnapshot) => seen.push(task));
  first.process.send("burst");
  await expect.poll(() => seen.length).toBeGreaterThan(15);
  first.process.kill("SIGKILL");
  await once(first.process, "exit");
  const last = seen.at(-1);

  const second = await start(path);
  const { task } = await second.client.request("join_task", { task_id: "one", since: last?.version });
  expect(task).toMatchObject({ status: "queued", percent: null, started_at: null });
  second.process.send("finish");
  const completed = await second.client.next<TaskSnapshot>("task_completed");
  seen.push(task, ...(second.client.received("progress_update") as TaskSnapshot[]), completed);

  expect(last?.percent).toBeGreaterThan(0);
  expect(completed).toMatchObject({ status: "completed", percent: 100 });
  for (const [index, after] of seen.entries()) {
    const before = seen[index - 1];
    if (before === undefined) continue;
    expect(after.version).toBeGreaterThan(before.version);
    const sameRun = after.started_at === before.started_at;
    if (sameRun && before.percent !== null) expect(after.percent).toBeGreaterThanOrEqual(before.percent);
  }
});
