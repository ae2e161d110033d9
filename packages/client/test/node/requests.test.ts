/** Requests settle always: answered, refused, timed out, or rejected with what happened to their connection. */
import { defineNamespace, request } from "@signalbox/server";
import { startStopwatch } from "@signalbox/server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { RequestError } from "../../src/index.ts";
import { startTcpProxy } from "../browser/tcp-proxy.ts";
import { connect, connected, reached, settled, startServer, status, until } from "../support/node-clients.ts";

interface SlowRequests {
  work: { payload: { name: string }; answer: { name: string; call: number } };
}

/** A namespace whose answers the test holds back. */
async function fixture() {
  const server = await startServer();
  const proxy = await startTcpProxy(() => server.port);
  onTestFinished(() => proxy.close());
  const calls: { name: string; answer(): void }[] = [];
  server.realtime.namespace(
    defineNamespace({
      path: "/slow",
      access: "user",
      requests: {
        work: request(z.object({ name: z.string() }), ({ name }) => {
          const call = calls.length + 1;
          return new Promise((resolve) => calls.push({ name, answer: () => resolve({ name, call }) }));
        }),
      },
    }),
  );
  onTestFinished(() => {
    for (const { answer } of calls) answer();
  });
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const clients = connect({ origin: server.url, url: proxy.url, cookie });
  const slow = clients.namespace<SlowRequests, Record<never, never>>("/slow");
  return { server, proxy, calls, clients, slow };
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "answered",
    (error: unknown) => (error instanceof RequestError ? error.code : error),
  );

describe("an open connection", () => {
  it("carries typed answers", async () => {
    const server = await startServer();
    const task = await server.realtime.progress.create({ kind: "test", title: "Work", owner_id: "ada" });
    const clients = connect({ origin: server.url, cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    const answer = await clients.user().request("get_task_status", { task_id: task.task_id });
    expect(answer.task.title).toBe("Work");
    expect(Object.keys(answer)).toEqual(["task"]);
  });

  it("carries refusals as RequestError, with the server's code and sentence", async () => {
    const server = await startServer();
    const clients = connect({ origin: server.url, cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    const user = clients.user();
    const error = await user.request("get_task_status", { task_id: "nobody's" }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "payload_invalid" });
    const missing = await user.request("get_task_status", { task_id: "none" }).catch((caught: unknown) => caught);
    expect(missing).toBeInstanceOf(RequestError);
    expect(missing).toMatchObject({
      ...{ name: "RequestError", code: "task_not_found", message: "This task does not exist." },
      refusal: { code: "task_not_found", category: "request" },
    });
    expect(await codeOf(user.request("join_room", { room_id: "lobby" }))).toBe("room_forbidden");
  });

  it("waits for a request that is made before it is open", async () => {
    const { calls, slow } = await fixture();
    const answer = slow.request("work", { name: "early" });
    await until(() => calls.length === 1);
    calls[0]?.answer();
    expect(await answer).toEqual({ name: "early", call: 1 });
  });
});

describe("a connection that is cut", () => {
  it("rejects what may not be done twice, and asks again for what may be: answered once it is back", async () => {
    const { proxy, calls, clients, slow } = await fixture();
    await settled(clients);
    const once = codeOf(slow.request("work", { name: "once" }));
    const again = slow.request("work", { name: "again" }, { idempotent: true });
    await until(() => calls.length === 2);
    proxy.cutAll();
    expect(await once).toBe("connection_lost");
    await until(() => calls.length === 3);
    for (const { answer } of calls) answer();
    expect(await again).toEqual({ name: "again", call: 3 });
    expect(calls.map(({ name }) => name)).toEqual(["once", "again", "again"]);
  });

  it("keeps what is asked meanwhile until it is back", async () => {
    const { proxy, calls, clients, slow } = await fixture();
    await settled(clients);
    const lost = reached(clients.state, status("reconnecting"));
    proxy.cutAll();
    await lost;
    const answer = slow.request("work", { name: "meanwhile" });
    await until(() => calls.length === 1);
    calls[0]?.answer();
    expect(await answer).toEqual({ name: "meanwhile", call: 1 });
  });
});

describe("a request without an answer", () => {
  it("times out after its own time, and the connection that is alive stays", async () => {
    const { server, calls, clients, slow } = await fixture();
    await connected(clients);
    const code = codeOf(slow.request("work", { name: "hangs" }, { timeoutMs: 200 }));
    expect(await code).toBe("timed_out");
    const next = slow.request("work", { name: "next" });
    await until(() => calls.length === 2);
    calls[1]?.answer();
    expect(await next).toEqual({ name: "next", call: 2 });
    expect(server.realtime.io.of("/slow").sockets.size).toBe(1);
  });

  it("on a connection that is dead leads to another one, long before the heartbeat fails", async () => {
    const { proxy, calls, clients, slow } = await fixture();
    await settled(clients);
    proxy.swallow();
    const code = codeOf(slow.request("work", { name: "into the void" }, { timeoutMs: 200 }));
    expect(await code).toBe("timed_out");
    await reached(clients.state, status("reconnecting", "connection_lost"));
    await connected(clients);
    const answer = slow.request("work", { name: "back" });
    await until(() => calls.length === 1);
    calls[0]?.answer();
    expect(await answer).toEqual({ name: "back", call: 1 });
  });

  it("is rejected when the client or the namespace is closed, and so is whatever is asked afterwards", async () => {
    const { calls, clients, slow } = await fixture();
    const codes = [codeOf(slow.request("work", { name: "first" }))];
    await until(() => calls.length === 1);
    slow.close();
    codes.push(codeOf(slow.request("work", { name: "second" })));
    clients.close();
    codes.push(codeOf(slow.request("work", { name: "third" })));
    expect(await Promise.all(codes)).toEqual(["closed", "closed", "closed"]);
  });
});

describe("a namespace that is refused", () => {
  it("rejects requests at once with the reason", async () => {
    const server = await startServer();
    const clients = connect({ origin: server.url, cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    clients.user();
    const admin = clients.admin();
    expect(await codeOf(admin.request("list_tasks", {}))).toBe("forbidden");
    const elapsed = startStopwatch();
    expect(await codeOf(admin.request("list_tasks", {}))).toBe("forbidden");
    expect(elapsed()).toBeLessThan(100);
  });

  it("of a visitor reports that no user is signed in", async () => {
    const server = await startServer();
    const clients = connect({ origin: server.url });
    expect(await codeOf(clients.user().request("get_task_status", { task_id: "none" }))).toBe("not_signed_in");
  });
});
