/** Between the answer to `join_task` and the updates that follow nothing is lost, however fast a task changes. */
import type { TaskSnapshot } from "@signalbox/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectClient, startTestServer, type TestServer, transports } from "../../src/testing/index.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { SIGNALBOX_CONNECT_RATE_PER_USER: "1000" } });
});
afterAll(() => server.close());

describe.each(transports)("over %s", (transport) => {
  it("a client that joins, leaves and joins again while a task runs ends with its final state, versions rising", async () => {
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const client = await connectClient(server.url, { cookie, transport });
    const { progress } = server.realtime;
    for (let round = 0; round < 20; round += 1) {
      const { task_id } = await progress.create({ kind: "t", title: "T", owner_id: "ada", total: 50 });
      const work = (async () => {
        for (let current = 1; current <= 50; current += 1) {
          await progress.report(task_id, { status: "running", current });
          await new Promise((resolve) => setImmediate(resolve));
        }
        await progress.complete(task_id, { round });
      })();
      const { task } = await client.request("join_task", { task_id });
      const seen: TaskSnapshot[] = [task];
      if (task.status !== "completed") seen.push(await client.next("task_completed"));
      await work;
      const updates = client.received("progress_update").splice(0) as TaskSnapshot[];
      const versions = [task, ...updates, ...seen.slice(1)].map(({ version }) => version);
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(new Set(versions).size).toBe(versions.length);
      expect(seen.at(-1)).toMatchObject({ status: "completed", percent: 100, result: { round } });
    }
    client.close();
  });

  it("a client that was away asks with `since` and is told only what is new", async () => {
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const { progress } = server.realtime;
    const { task_id } = await progress.create({ kind: "t", title: "T", owner_id: "ada" });
    const before = await connectClient(server.url, { cookie, transport });
    const { task } = await before.request("join_task", { task_id });
    before.close();
    const after = await connectClient(server.url, { cookie, transport });
    expect(await after.request("join_task", { task_id, since: task.version })).toEqual({ ok: true });
    await progress.complete(task_id);
    expect(await after.next("task_completed")).toMatchObject({ task_id });
    expect((await after.request("join_task", { task_id, since: task.version })).task.status).toBe("completed");
    after.close();
  });
});
