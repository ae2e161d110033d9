/** Nothing that the server sends or a listener does throws into the application or disturbs another listener. */
import { describe, expect, it } from "vitest";
import type { Problem } from "../../src/index.ts";
import { connect, connected, reached, settled, startServer, status, until } from "../support/node-clients.ts";

async function fixture() {
  const server = await startServer();
  const problems: Problem[] = [];
  const clients = connect({
    ...{ origin: server.url, cookie: server.sessions.signIn({ userId: "ada" }).cookie },
    onProblem: (problem) => void problems.push(problem),
  });
  const user = clients.user();
  await settled(clients);
  return { io: server.realtime.io, progress: server.realtime.progress, problems, clients, user };
}

describe("a malformed message", () => {
  const malformed: [event: string, ...payload: unknown[]][] = [
    ["progress_update", { bad: 1 }],
    ["progress_update"],
    ["progress_update", null],
    ["progress_batch"],
    ["progress_batch", []],
    ["progress_batch", { tasks: { length: 1 } }],
    ["task_completed", "done"],
    ["task_error", { task_id: 7, version: "1", status: "failed", percent: null }],
    ["task_cancelled", { task_id: "a", version: 1, status: "vanished", percent: null }],
    ["session_ending", { reason: 7 }],
    ["server_draining", { reconnect_after_ms: "soon" }],
    ["connection_established", []],
    ["error", { code: "made_up" }],
  ];

  it("is dropped, counted and reported, and never throws; the connection stays", async () => {
    const { io, problems, clients, user } = await fixture();
    const heard: string[] = [];
    for (const event of [
      "progress_update",
      "task_completed",
      "task_error",
      "task_cancelled",
      "server_draining",
    ] as const) {
      user.on(event, () => void heard.push(event));
    }
    expect(clients.malformedMessages()).toBe(0);
    for (const [event, ...payload] of malformed) io.emit(event, ...payload);
    await until(() => clients.malformedMessages() >= malformed.length);
    expect(clients.malformedMessages()).toBe(malformed.length);
    expect(problems.map(({ kind, event }) => [kind, event])).toEqual(
      malformed.map(([event]) => ["malformed_message", event]),
    );
    expect(heard).toEqual([]);
    expect(await user.request("check_connection", {})).toHaveProperty("server_time");
    expect(clients.state.get().status).toBe("connected");
  });

  it("that announces a restart or the end of a session does not explain the loss of the connection", async () => {
    const { io, clients, problems } = await fixture();
    io.emit("server_draining", { reconnect_after_ms: "soon" });
    io.emit("session_ending", { reason: 7 });
    await until(() => problems.length === 2);
    const codes: string[] = [];
    clients.onState(({ code }) => void codes.push(code));
    const lost = reached(clients.state, status("reconnecting"));
    io.disconnectSockets(true);
    await lost;
    await connected(clients);
    expect(codes).toContain("connection_lost");
    expect(codes).not.toContain("session_ended");
    expect(codes).not.toContain("server_restarting");
  });
});

describe("an event of the application's own", () => {
  it("reaches its listeners as it is", async () => {
    const { io, user } = await fixture();
    const heard = new Promise((resolve) => user.on("weather" as never, resolve as never));
    io.emit("weather", ["sunny"]);
    expect(await heard).toEqual(["sunny"]);
  });
});

describe("a listener that throws", () => {
  it("is reported, and stops neither the others nor the connection", async () => {
    const { progress, problems, clients, user } = await fixture();
    const fault = new Error("The application's own.");
    const fail = (): never => {
      throw fault;
    };
    const heard: string[] = [];
    user.on("progress_update", fail);
    user.on("progress_update", ({ status }) => void heard.push(status));
    user.on("task_completed", fail);
    user.on("task_completed", ({ status }) => void heard.push(status));
    clients.onState(fail);
    const { task_id } = await progress.create({ kind: "test", title: "Work", owner_id: "ada" });
    const watch = user.tasks.watch(task_id);
    watch.subscribe(fail);
    await until(() => heard.length === 1);
    await progress.complete(task_id);
    await until(() => heard.length === 2);
    expect(heard).toEqual(["queued", "completed"]);
    expect(watch.get().task?.status).toBe("completed");
    expect(problems.length).toBeGreaterThanOrEqual(5);
    for (const problem of problems) expect(problem).toEqual({ kind: "listener_failed", error: fault });
    expect(clients.state.get().status).toBe("connected");
  });

  it("that was removed is not called any more", async () => {
    const { io, user } = await fixture();
    const heard: string[] = [];
    const stop = user.on("session_ending", () => void heard.push("first"));
    user.on("session_ending", () => void heard.push("second"));
    stop();
    io.emit("session_ending", { reason: "signed_out", at: new Date().toISOString() });
    await until(() => heard.length > 0);
    expect(heard).toEqual(["second"]);
  });
});
