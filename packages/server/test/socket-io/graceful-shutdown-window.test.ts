/**
 * A graceful shutdown over a window: first readiness fails, then clients are closed in batches, and the others are
 * served meanwhile.
 */
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  connectClient,
  startStopwatch,
  startTestServer,
  type TestClient,
  type TestServer,
  type Transport,
  transports,
} from "../../src/testing/index.ts";

async function start(env: Record<string, string>, options: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer({ ...options, env });
  onTestFinished(() => server.close());
  return server;
}

async function connect(server: TestServer, transport: Transport, namespace = "/"): Promise<TestClient> {
  people += 1;
  const { cookie } = server.sessions.signIn({ userId: `user-${people}`, role: "admin" });
  const client = await connectClient(server.url, { cookie, transport, namespace });
  onTestFinished(() => client.close());
  return client;
}

let people = 0;
beforeEach(() => {
  people = 0;
});

const readiness = async ({ url }: TestServer) => {
  const response = await fetch(`${url}/readyz`);
  return [response.status, ((await response.json()) as { status: string }).status];
};

describe.each(transports)("over %s", (transport) => {
  it("fails readiness as draining for the delay, in which everything else works, also new connections", async () => {
    const server = await start({ SIGNALBOX_DRAIN_DELAY: "1" });
    const client = await connect(server, transport);
    const started = performance.now();
    const closed = server.realtime.close();
    expect(await readiness(server)).toEqual([503, "draining"]);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    expect(await client.request("leave_task", { task_id: "none" })).toEqual({ ok: true });
    const late = await connect(server, transport);
    expect(await late.request("check_connection", {})).toMatchObject({ ok: true });
    expect(client.received("server_draining")).toEqual([]);
    await Promise.all([client.next("server_draining"), late.next("server_draining")]);
    expect(performance.now() - started).toBeGreaterThan(950);
    await closed;
  });

  it("disconnects clients evenly over the window, with a short reconnection delay; the others are served until their turn", async () => {
    const server = await start({ SIGNALBOX_DRAIN_WINDOW: "2", SOCKETIO_RECONNECTION_DELAY: "300" });
    const clients: TestClient[] = [];
    for (let n = 0; n < 8; n += 1) clients.push(await connect(server, transport));
    const started = performance.now();
    const elapsed = startStopwatch();
    const closed = server.realtime.close();
    const toldAt = clients.map(async (client) => {
      const { reconnect_after_ms } = await client.next("server_draining");
      expect(reconnect_after_ms).toBeGreaterThanOrEqual(0);
      expect(reconnect_after_ms).toBeLessThan(300);
      const told = { at: performance.now() - started, ownMs: elapsed() };
      await client.disconnected();
      return told;
    });
    await toldAt[0];
    expect(await clients.at(-1)?.request("check_connection", {})).toMatchObject({ ok: true });
    const handshake = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: server.url },
    });
    expect(await handshake.json()).toMatchObject({ error: { code: "server_draining" } });
    const times = (await Promise.all(toldAt)).sort((a, b) => a.at - b.at);
    // One every 250 ms; the measured time includes the way to the client.
    for (const [index, { at, ownMs }] of times.entries()) {
      expect(at).toBeGreaterThan(index * 250 - 50);
      expect(ownMs).toBeLessThan(index * 250 + 400);
    }
    await closed;
  });

  it("tells all namespaces of a connection before it is closed", async () => {
    const server = await start({ SIGNALBOX_DRAIN_WINDOW: "1" });
    const client = await connect(server, transport);
    const admin = client.socket.io.socket("/admin", { auth: client.socket.auth as Record<string, unknown> });
    await new Promise<void>((resolve) => admin.once("connect", resolve));
    const told = new Promise((resolve) => admin.once("server_draining", resolve));
    const closed = server.realtime.close();
    expect(await told).toEqual(await client.next("server_draining"));
    await closed;
  });

  it("answers accepted requests before the connection is closed, and delays no other client for them", async () => {
    const begun = Promise.withResolvers<void>();
    const server: TestServer = await start(
      { SIGNALBOX_DRAIN_WINDOW: "1" },
      {
        tasks: {
          async cancel({ task_id }) {
            begun.resolve();
            await new Promise((resolve) => setTimeout(resolve, 1500));
            await server.realtime.progress.cancelled(task_id);
          },
        },
      },
    );
    const slow = await connect(server, transport);
    const other = await connect(server, transport);
    const { task_id } = await server.realtime.progress.create({ kind: "t", title: "T", owner_id: "user-1" });
    const answer = slow.request("cancel_task", { task_id });
    await begun.promise;
    const closed = server.realtime.close();
    await other.next("server_draining", 1000);
    expect(slow.received("server_draining")).toEqual([]);
    expect(await answer).toMatchObject({ ok: true, task: { status: "cancelled" } });
    await slow.next("server_draining");
    await closed;
  });
});

it("a server without connections does not wait for the window, nor one whose last client goes by itself", async () => {
  const idle = await start({ SIGNALBOX_DRAIN_WINDOW: "60" });
  const left = await start({ SIGNALBOX_DRAIN_WINDOW: "60" });
  const clients = [await connect(left, "websocket"), await connect(left, "polling")];
  const elapsed = startStopwatch();
  await idle.realtime.close();
  const closed = left.realtime.close();
  for (const client of clients) client.close();
  await closed;
  expect(elapsed()).toBeLessThan(2000);
});
