/** Where no socket can be opened, watched tasks are followed over plain HTTP, visibly. */
import { describe, expect, it, onTestFinished } from "vitest";
import { httpAnswer, startTcpProxy, type Verdict } from "../browser/tcp-proxy.ts";
import { createFakeEnvironment } from "../support/fake-environment.ts";
import { connect, reached, startServer } from "../support/node-clients.ts";

const html = { "Content-Type": "text/html" };

const ways: [name: string, verdict: Verdict][] = [
  ["answers 404", { answer: httpAnswer("404 Not Found", html, "<h1>Not found</h1>") }],
  ["answers with a page of its own", { answer: httpAnswer("200 OK", html, "<h1>Sign in</h1>") }],
  ["cuts the connection", "cut"],
];

async function fixture(verdict: Verdict) {
  const server = await startServer();
  const proxy = await startTcpProxy(() => server.port);
  onTestFinished(() => proxy.close());
  proxy.judge = ({ target }) => (target.startsWith("/socket.io") ? verdict : "pass");
  const environment = createFakeEnvironment();
  const clients = connect({
    ...{ origin: server.url, url: proxy.url, environment },
    cookie: server.sessions.signIn({ userId: "ada" }).cookie,
  });
  const { progress } = server.realtime;
  const { task_id: taskId } = await progress.create({ kind: "test", title: "Work", owner_id: "ada" });
  return { proxy, environment, clients, progress, taskId };
}

describe.each(ways)("a proxy that %s in place of the socket", (_name, verdict) => {
  it("leaves watched tasks polled, to their end and exactly once", async () => {
    const { environment, clients, progress, taskId } = await fixture(verdict);
    const finals: unknown[] = [];
    clients.user().on("task_completed", (task) => void finals.push(task));
    const watch = clients.user().tasks.watch(taskId);
    const state = await reached(clients.state, ({ diagnosis }) => diagnosis !== null);
    expect(state.status).toBe("reconnecting");
    expect(state.diagnosis?.code).not.toBe("server_down");
    await environment.pass(10_000);
    expect(watch.get()).toMatchObject({ source: "polling", task: { status: "queued" }, error: null });

    await progress.report(taskId, { status: "running", percent: 40 });
    await environment.pass(10_000);
    expect(watch.get()).toMatchObject({ source: "polling", task: { percent: 40 } });
    const final = await progress.complete(taskId, "done");
    await environment.pass(10_000);
    expect(watch.get().task).toEqual(final);
    expect(finals).toEqual([final]);
  });
});

describe("polling", () => {
  it("ends when a socket can be opened again, and the task is live", async () => {
    const { proxy, environment, clients, taskId } = await fixture("cut");
    const watch = clients.user().tasks.watch(taskId);
    await reached(clients.state, ({ diagnosis }) => diagnosis !== null);
    await environment.pass(10_000);
    expect(watch.get().source).toBe("polling");
    proxy.judge = () => "pass";
    clients.retry();
    await reached(watch, ({ source }) => source === "live");
    const polls = () => proxy.seen.filter(({ target }) => target.startsWith("/realtime/tasks/")).length;
    const before = polls();
    await environment.pass(30_000);
    expect(polls()).toBe(before);
    expect(watch.get().source).toBe("live");
  });

  it("that is answered after the task is live does not say that it is polled", async () => {
    const { proxy, environment, clients, taskId } = await fixture("cut");
    const { fetch } = environment;
    let answer: (() => void) | undefined;
    environment.fetch = async (url, init) => {
      const response = await fetch(url, init);
      if (url.includes("/tasks/")) await new Promise<void>((resolve) => (answer = resolve));
      return response;
    };
    const watch = clients.user().tasks.watch(taskId);
    await reached(clients.state, ({ diagnosis }) => diagnosis !== null);
    await environment.pass(10_000);
    expect(answer).toBeDefined();
    proxy.judge = () => "pass";
    clients.retry();
    await reached(watch, ({ source }) => source === "live");
    answer?.();
    await environment.pass(0);
    expect(watch.get().source).toBe("live");
  });

  it("of a task that does not exist ends with that error", async () => {
    const { environment, clients } = await fixture("cut");
    const watch = clients.user().tasks.watch("none");
    await reached(clients.state, ({ diagnosis }) => diagnosis !== null);
    await environment.pass(10_000);
    expect(watch.get().error).toMatchObject({ code: "task_not_found" });
  });

  it("asks nothing while nothing is watched", async () => {
    const { proxy, environment, clients } = await fixture("cut");
    clients.user();
    await reached(clients.state, ({ diagnosis }) => diagnosis !== null);
    await environment.pass(60_000);
    expect(proxy.seen.filter(({ target }) => target.startsWith("/realtime/tasks/"))).toEqual([]);
  });
});
