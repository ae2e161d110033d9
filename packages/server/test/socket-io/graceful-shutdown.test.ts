/** A server that closes answers what it has accepted, and accepts nothing new. */
import type { RefusalMessage } from "@signalbox/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import type { FakeClock } from "../../src/testing/fake-clock.ts";
import {
  connectClient,
  createFakeClock,
  startStopwatch,
  startTestServer,
  type TestClient,
  type TestServer,
  type Transport,
  transports,
} from "../../src/testing/index.ts";

/** A server with one request in flight that ends when the test says so. */
async function startBusy(transport: Transport, env: Record<string, string> = {}, clock?: FakeClock) {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const server: TestServer = await startTestServer({
    env,
    ...(clock !== undefined && { clock }),
    tasks: {
      async cancel({ task_id }) {
        begun.resolve();
        await ended.promise;
        await server.realtime.progress.cancelled(task_id);
      },
    },
  });
  onTestFinished(() => server.close());
  const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
  const client = await connectClient(server.url, { cookie, transport });
  onTestFinished(() => client.close());
  const { task_id } = await server.realtime.progress.create({ kind: "t", title: "T", owner_id: "root" });
  const answer = client.request("cancel_task", { task_id });
  await begun.promise;
  return { server, client, answer, end: ended.resolve };
}

/** Requests `/admin` on an existing connection, and returns the refusal. */
async function enterAdmin({ socket }: TestClient): Promise<RefusalMessage> {
  const second = socket.io.socket("/admin", { auth: socket.auth as Record<string, unknown> });
  const refused = new Promise<RefusalMessage>((resolve, reject) => {
    second.once("connect", () => reject(new Error("The server let the client in.")));
    second.once("connect_error", (error) => resolve((error as Error & { data: RefusalMessage }).data));
  });
  return refused;
}

describe.each(transports)("over %s", (transport) => {
  it("a request that was accepted before is answered, and then the client is told and disconnected", async () => {
    const { server, client, answer, end } = await startBusy(transport);
    const closed = server.realtime.close();
    end();
    expect(await answer).toMatchObject({ ok: true, task: { status: "cancelled" } });
    await client.next("server_draining");
    await client.disconnected();
    await closed;
  });

  it("a new request, namespace or connection during a shutdown is refused as server_draining", async () => {
    const { server, client, answer, end } = await startBusy(transport);
    const closed = server.realtime.close();
    const headers = { origin: server.url };
    const response = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers });
    const refused: RefusalMessage[] = [
      (await client.request("check_connection", {})).error,
      await enterAdmin(client),
      ((await response.json()) as { error: RefusalMessage }).error,
    ];
    for (const refusal of refused) {
      expect(refusal).toMatchObject({ code: "server_draining", category: "server" });
      expect(refusal.retry_after_ms).toBeGreaterThan(0);
    }
    end();
    expect(await answer).toMatchObject({ ok: true });
    await closed;
  });
});

it.each(transports)(
  "no connection is told or closed before an accepted request is answered, over %s",
  async (transport) => {
    const { server, client, answer, end } = await startBusy(transport);
    const { cookie } = server.sessions.signIn({ userId: "bob" });
    const bystander = await connectClient(server.url, { cookie, transport });
    onTestFinished(() => bystander.close());
    const closed = server.realtime.close();
    // An answer arrives after everything that the server has sent before it.
    for (const each of [client, bystander]) {
      expect((await each.request("check_connection", {})).error).toMatchObject({ code: "server_draining" });
      expect(each.received("server_draining")).toEqual([]);
    }
    end();
    expect(await answer).toMatchObject({ ok: true });
    await Promise.all([client.next("server_draining"), bystander.next("server_draining")]);
    await closed;
  },
);

it("a connection whose request never ends is told and closed after three seconds, and not before", async () => {
  const clock = createFakeClock(Date.now());
  const { server, client, answer } = await startBusy("websocket", {}, clock);
  const unanswered = expect(answer).rejects.toThrow("disconnected");
  const closed = server.realtime.close();
  clock.advance(2999);
  expect((await client.request("check_connection", {})).error).toMatchObject({ code: "server_draining" });
  expect(client.received("server_draining")).toEqual([]);
  clock.advance(1);
  await client.next("server_draining");
  await unanswered;
  await closed;
});

it("a connection that was being looked up when the server began to close is not let in after all", async () => {
  const { server, client, answer, end } = await startBusy("websocket", { SIGNALBOX_SESSION_CACHE: "0" });
  const { resolve } = server.sessions;
  const asked = Promise.withResolvers<void>();
  const found = Promise.withResolvers<void>();
  server.sessions.resolve = async (credential) => {
    asked.resolve();
    await found.promise;
    return resolve(credential);
  };
  const entering = enterAdmin(client);
  await asked.promise;
  const closed = server.realtime.close();
  found.resolve();
  expect(await entering).toMatchObject({ code: "server_draining" });
  end();
  expect(await answer).toMatchObject({ ok: true });
  await closed;
});

it("a request that never ends does not keep the server from closing", async () => {
  const { server, client, answer } = await startBusy("websocket");
  const unanswered = expect(answer).rejects.toThrow("disconnected");
  const elapsed = startStopwatch();
  await server.realtime.close();
  await client.disconnected();
  await unanswered;
  expect(elapsed()).toBeLessThan(5000);
});
