/** Several snapshots in one frame: the application receives each as if it had come alone. */
import { type TaskSnapshot, taskRoom } from "@signalbox/protocol";
import { describe, expect, it } from "vitest";
import type { Problem } from "../../src/index.ts";
import { connect, connected, reached, startServer, until } from "../support/node-clients.ts";

async function fixture(transport = "polling,websocket") {
  const server = await startServer({ env: { SOCKETIO_TRANSPORTS: transport } });
  const { progress, io } = server.realtime;
  const task = await progress.create({ kind: "test", title: "Work", owner_id: "ada" });
  const problems: Problem[] = [];
  const clients = connect({
    ...{ origin: server.url, cookie: server.sessions.signIn({ userId: "ada" }).cookie },
    onProblem: (problem) => void problems.push(problem),
  });
  const user = clients.user();
  const heard: TaskSnapshot[] = [];
  user.on("progress_update", (update) => void heard.push(update));
  await connected(clients);
  const watch = user.tasks.watch(task.task_id);
  await reached(watch, ({ source }) => source === "live");
  return {
    ...{ server, clients, user, task, problems, heard, watch },
    version: (ahead: number, more: Partial<TaskSnapshot> = {}): TaskSnapshot => ({
      ...{ ...task, status: "running", current: ahead, ...more },
      version: task.version + ahead,
    }),
    sendBatch: (...tasks: unknown[]) => void io.to(taskRoom(task.task_id)).emit("progress_batch", { tasks }),
  };
}

describe.each(["polling", "websocket"])("over %s", (transport) => {
  it("the client announces that it accepts the frame, and delivers each of its snapshots once", async () => {
    const { server, clients, task, heard, watch, version, sendBatch } = await fixture(transport);
    const [socket] = server.realtime.io.sockets.sockets.values();
    expect(socket?.data.acceptsBatch).toBe(true);

    const another = version(1, { task_id: "another" });
    sendBatch(version(1), another, version(2));
    sendBatch(version(2), version(1));
    sendBatch();
    sendBatch(version(3));
    await until(() => heard.length >= 5);
    expect(heard).toEqual([task, version(1), another, version(2), version(3)]);
    expect(watch.get()).toEqual({ task: version(3), source: "live", error: null });
    expect(clients.malformedMessages()).toBe(0);
    expect(clients.state.get().transport).toBe(transport);
  });

  it("the end of a task comes after the frame as an event of its own, once", async () => {
    const { server, user, task, heard, watch, version, sendBatch } = await fixture(transport);
    const ends: TaskSnapshot[] = [];
    user.on("task_completed", (end) => void ends.push(end));
    sendBatch(version(1), version(2, { task_id: "another" }));
    await until(() => heard.length === 3);
    const end = version(2, { status: "completed", result: { pages: 3 } });
    const room = server.realtime.io.to(taskRoom(task.task_id));
    room.emit("task_completed", end);
    room.emit("progress_batch", { tasks: [version(1), end, version(3, { task_id: "another" })] });
    await until(() => heard.length === 4);
    expect(ends).toEqual([end]);
    expect(watch.get().task).toEqual(end);
  });
});

describe("a snapshot that is malformed", () => {
  it("is dropped, counted and reported, and takes none of the others with it", async () => {
    const { clients, problems, task, heard, version, sendBatch } = await fixture();
    sendBatch(null, version(1), { ...version(2), version: "2" }, [version(2)], version(3), { tasks: [version(4)] });
    await until(() => heard.length >= 3);
    expect(heard).toEqual([task, version(1), version(3)]);
    expect(clients.malformedMessages()).toBe(4);
    expect(problems.map(({ kind, event }) => [kind, event])).toEqual(
      Array.from({ length: 4 }, () => ["malformed_message", "progress_update"]),
    );
  });
});

describe("a listener", () => {
  it("for the frame itself is rejected by the types", async () => {
    const { user } = await fixture();
    // @ts-expect-error The frame is taken apart before any listener is called.
    const stop = user.on("progress_batch", () => {});
    stop();
  });

  it("that closes the client in the middle of a frame receives no more of it", async () => {
    const { user, heard, version, sendBatch } = await fixture();
    user.on("progress_update", ({ version: known }) => {
      if (known === version(1).version) user.close();
    });
    sendBatch(version(1), version(2), version(3));
    await until(() => heard.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard.at(-1)).toEqual(version(1));
  });

  it("that throws does not keep the others from receiving the rest", async () => {
    const { user, problems, heard, version, sendBatch } = await fixture();
    user.on("progress_update", () => {
      throw new Error("The application's own.");
    });
    sendBatch(version(1), version(2));
    await until(() => heard.length === 3);
    expect(problems.map(({ kind }) => kind)).toEqual(["listener_failed", "listener_failed"]);
  });
});

it("a frame is taken apart in a namespace client that follows no tasks as well", async () => {
  const { clients, server, version, sendBatch } = await fixture();
  const [socket] = server.realtime.io.sockets.sockets.values();
  clients.user().close();
  await until(() => socket?.connected === false);
  const plain = clients.namespace<Record<never, never>, { progress_update(task: TaskSnapshot): void }>("/");
  const heard: TaskSnapshot[] = [];
  plain.on("progress_update", (task) => void heard.push(task));
  await connected(clients);
  for (const next of server.realtime.io.sockets.sockets.values()) next.join(taskRoom(version(1).task_id));
  sendBatch(version(1), version(2));
  await until(() => heard.length === 2);
  expect(heard).toEqual([version(1), version(2)]);
});
