/** `admin_batch`: everything within a second in one frame, for clients that accept it and for no other client. */
import type { AdminBatch } from "@signalbox/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  connectClient,
  startTestServer,
  type TestClient,
  type TestServer,
  transports,
} from "../../src/testing/index.ts";

const framesOf = (admin: TestClient): AdminBatch[] => admin.received("admin_batch") as AdminBatch[];

async function start(env: Record<string, string> = {}): Promise<TestServer> {
  const server = await startTestServer({ env: { SIGNALBOX_ADMIN_METRICS_INTERVAL: "1", ...env } });
  onTestFinished(() => server.close());
  return server;
}

describe.each(transports)("over %s", (transport) => {
  async function connectAs(server: TestServer, role: "user" | "admin", namespace: string, accepts: string[] = []) {
    const { cookie } = server.sessions.signIn({ userId: `${role}-${accepts.length}`, role });
    const client = await connectClient(server.url, { cookie, namespace, transport, accepts });
    onTestFinished(() => client.close());
    return client;
  }

  it("admin_batch arrives once a second, however much happens, with the latest state of each task and every line of the log", async () => {
    const server = await start();
    const startedAt = performance.now();
    const admin = await connectAs(server, "admin", "/admin", ["admin_batch"]);
    const { progress } = server.realtime;
    const tasks = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        progress.create({ kind: "test", title: `Task ${index}`, owner_id: "ada" }),
      ),
    );
    for (let percent = 1; percent <= 25; percent += 1) {
      for (const { task_id } of tasks) await progress.report(task_id, { status: "running", percent });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const [first] = tasks;
    if (first === undefined) throw new Error("No task was made.");
    await progress.complete(first.task_id);
    await progress.remove(first.task_id);
    server.realtime.admin.alert({ severity: "warning", title: "Disk", body: "nearly full" });
    const mallory = await connectAs(server, "user", "/");
    await mallory.request("no_such_event");
    await expect
      .poll(() => framesOf(admin).flatMap(({ security_events = [] }) => security_events))
      .toContainEqual(expect.objectContaining({ type: "event_unknown" }));

    const frames = framesOf(admin);
    expect(frames.length).toBeLessThanOrEqual((performance.now() - startedAt) / 1000 + 1);
    const seen = new Map(frames.flatMap(({ tasks: changed = [] }) => changed.map((task) => [task.task_id, task])));
    expect(seen.size).toBe(tasks.length);
    for (const { task_id } of tasks.slice(1)) expect(seen.get(task_id)).toEqual(await progress.get(task_id));
    expect(frames.flatMap(({ removed_tasks = [] }) => removed_tasks)).toEqual([first.task_id]);
    expect(frames.flatMap(({ alerts = [] }) => alerts)).toEqual([
      { severity: "warning", title: "Disk", body: "nearly full" },
    ]);
    const running = () => framesOf(admin).findLast(({ metrics }) => metrics !== undefined)?.metrics?.tasks.running;
    await expect.poll(running).toBe(39);
    for (const single of ["job_update", "admin_alert", "security_event", "system_metrics_update"]) {
      expect(admin.received(single), single).toEqual([]);
    }
  });

  it("clients that do not accept admin_batch receive single events instead, and users who are no administrators receive no batch", async () => {
    const server = await start();
    const [batched, plain] = await Promise.all([
      connectAs(server, "admin", "/admin", ["admin_batch"]),
      connectAs(server, "admin", "/admin"),
    ]);
    const user = await connectAs(server, "user", "/", ["admin_batch"]);
    const task = await server.realtime.progress.create({ kind: "test", title: "A task", owner_id: "ada" });
    expect(await plain.next("job_update")).toMatchObject({ type: "job_created", job: { task_id: task.task_id } });
    await plain.next("system_metrics_update");
    expect(await batched.next("admin_batch")).toBeDefined();
    await user.request("check_connection");
    expect(plain.received("admin_batch")).toEqual([]);
    expect(user.received("admin_batch")).toEqual([]);
  });
});

it("tasks that exceed one frame follow in the next frames, and none is delayed for ever", async () => {
  const server = await start();
  const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
  const admin = await connectClient(server.url, { cookie, namespace: "/admin", accepts: ["admin_batch"] });
  onTestFinished(() => admin.close());
  const { progress } = server.realtime;
  const create = () => progress.create({ kind: "test", title: "A task", owner_id: "ada" });
  const tasks = await Promise.all(Array.from({ length: 600 }, create));
  const seen = () => new Set(framesOf(admin).flatMap(({ tasks: all = [] }) => all.map((t) => t.task_id)));
  await expect.poll(() => seen().size).toBe(tasks.length);
  for (const { tasks: all = [] } of framesOf(admin)) expect(all.length).toBeLessThanOrEqual(500);
});
