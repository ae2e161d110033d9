/**
 * A client that does not read is not sent what can be dropped, gets the latest when it reads again, and affects no
 * other client.
 */
import { type SystemMetrics, type TaskSnapshot, taskRoom } from "@signalbox/protocol";
import { expect, it, onTestFinished } from "vitest";
import { bufferedBytes } from "../../../src/socket-io/internals/engine-clients.ts";
import { connectClient, createFakeClock, startTestServer } from "../../../src/testing/index.ts";
import { openSid, pollingPath } from "../../hostile/raw-socket.ts";
import { misplaced } from "./crowd.ts";
import { clientWebSocketOf, openEnv, serverSocketOf, turn } from "./fixture.ts";

const flushMs = 100;
/** A sixteenth of SIGNALBOX_MAX_BUFFERED_BYTES: from here on a client counts as slow. */
const slowBytes = 1_000_000 / 16;
/** What one tick may add to that before the server notices. */
const tickBytes = 65_536;
const ids = Array.from({ length: 20 }, (_, index) => `task-${index}`);

/** A server whose clock the test controls, with twenty running tasks. */
async function start() {
  const clock = createFakeClock();
  const server = await startTestServer({ clock, env: openEnv });
  onTestFinished(() => server.close());
  const { progress } = server.realtime;
  for (const task_id of ids) {
    await progress.create({ task_id, kind: "t", title: "T", owner_id: "ada" });
    await progress.report(task_id, { status: "running" });
  }
  let reported = 0;

  /** A client on WebSocket that watches all tasks. */
  async function watch(accepts: string[]) {
    const client = await connectClient(server.url, { accepts });
    onTestFinished(() => client.close());
    const socket = serverSocketOf(server, client.socket.id);
    await socket.join(ids.map(taskRoom));
    const states: TaskSnapshot[] = [];
    client.socket.on("progress_update", (task) => states.push(task));
    client.socket.on("progress_batch", ({ tasks }) => states.push(...tasks));
    client.socket.on("task_completed", (task) => states.push(task));
    const webSocket = clientWebSocketOf(client);
    return {
      ...{ client, states, id: socket.id },
      buffered: () => bufferedBytes(socket.conn),
      /** Stops reading, and is sent as much as TCP accepts and a little more. */
      async sleep() {
        webSocket.pause();
        while (bufferedBytes(socket.conn) <= slowBytes) {
          server.realtime.io.to(socket.id).emit("news", "y".repeat(50_000));
          await turn();
        }
      },
      drop: () => void webSocket._socket.destroy(),
      /** Reads again, until TCP has accepted everything. */
      async wake() {
        webSocket.resume();
        await expect.poll(() => bufferedBytes(socket.conn), { interval: 1 }).toBe(0);
      },
      /** Waits until everything that was sent before has arrived. */
      async settle() {
        await turn();
        socket.emit("settle");
        await client.next("settle");
      },
    };
  }

  return {
    ...{ server, clock, progress, watch, reported: () => reported },
    /** Lets the tasks change 50 times a second, for this long; calls back after each change. */
    async work(ms: number, look = () => {}): Promise<void> {
      for (let passed = 0; passed < ms; passed += 20) {
        reported += 1;
        await Promise.all(ids.map((id) => progress.report(id, { current: reported }).catch(hasEnded)));
        clock.advance(20);
        await turn();
        look();
      }
    },
  };
}

/** A task that has ended takes no further reports. */
const hasEnded = (): void => {};

const latestOf = (states: readonly TaskSnapshot[]): unknown[] =>
  ids.map((id) => states.findLast(({ task_id }) => task_id === id)?.current);
const allAt = (reported: number): unknown[] => ids.map(() => reported);

it.each([
  ["with", ["progress_batch"]],
  ["without", []],
])(
  "a client that does not read while tasks change gets the latest of each within two flush intervals, %s batches",
  async (_, accepts) => {
    const { clock, watch, work, reported } = await start();
    const [sleeper, reader] = [await watch(accepts), await watch(accepts)];
    await work(300);
    await sleeper.sleep();
    const before = sleeper.states.length;
    let largest = 0;
    // Ends just after the backpressure check (every 250 ms), so that this check cannot find that the client has read.
    await work(2720, () => {
      largest = Math.max(largest, sleeper.buffered());
    });
    expect(largest).toBeLessThan(slowBytes + 50_100 + tickBytes);

    await sleeper.wake();
    clock.advance(2 * flushMs);
    await sleeper.settle();
    expect(latestOf(sleeper.states)).toEqual(allAt(reported()));
    expect(sleeper.states.length - before).toBeLessThanOrEqual(3 * ids.length);
    expect(misplaced(sleeper.states)).toEqual([]);

    await reader.settle();
    expect(latestOf(reader.states)).toEqual(allAt(reported()));
    expect(reader.states.length).toBeGreaterThanOrEqual((ids.length * 2700) / flushMs);
    expect(misplaced(reader.states)).toEqual([]);
    // From here on it is like the others.
    await work(500);
    await sleeper.settle();
    expect(latestOf(sleeper.states)).toEqual(allAt(reported()));
  },
);

it("a client that does not read gets a final event once when it reads again, and no state of its task after it", async () => {
  const { clock, progress, watch, work } = await start();
  const sleeper = await watch(["progress_batch"]);
  await sleeper.sleep();
  await work(500);
  await progress.complete("task-3", { answer: 42 });
  await work(500);
  await sleeper.wake();
  clock.advance(2 * flushMs);
  await sleeper.settle();
  const ended = sleeper.states.filter(({ task_id }) => task_id === "task-3");
  expect(ended.at(-1)).toMatchObject({ status: "completed", result: { answer: 42 } });
  expect(ended.filter(({ status }) => status === "completed")).toHaveLength(1);
  expect(misplaced(sleeper.states)).toEqual([]);
});

it("updates that are held back for a client are dropped when it stops watching or disconnects", async () => {
  const { server, clock, watch, work } = await start();
  const [sleeper, goer] = [await watch([]), await watch([])];
  await sleeper.sleep();
  await goer.sleep();
  await work(300);
  const before = sleeper.states.length;
  server.realtime.io.in(sleeper.id).socketsLeave(ids.slice(1).map(taskRoom));
  goer.drop();
  await sleeper.wake();
  clock.advance(2 * flushMs);
  await sleeper.settle();
  expect(sleeper.states.slice(before).map(({ task_id }) => task_id)).toEqual(["task-0"]);
});

it("a slow client is shown to administrators and counted, until it has caught up", async () => {
  const { server, clock, watch } = await start();
  const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
  const admin = await connectClient(server.url, { cookie, namespace: "/admin" });
  onTestFinished(() => admin.close());
  const [sleeper, reader] = [await watch([]), await watch([])];

  async function shown(): Promise<unknown> {
    const { rows } = await admin.request("list_connections", { limit: 100 });
    const rowOf = ({ id }: { id: string }) => rows.find(({ socket_id }: { socket_id: string }) => socket_id === id);
    admin.received("system_metrics_update").splice(0);
    clock.advance(2000);
    const update = await admin.next<{ metrics: SystemMetrics }>("system_metrics_update");
    const exposed = await (await fetch(`${server.url}/metrics`)).text();
    return {
      sleeper: [rowOf(sleeper).slow, rowOf(sleeper).buffered_bytes],
      reader: [rowOf(reader).slow, rowOf(reader).buffered_bytes],
      update: update.metrics.slow_connections,
      exposed: /^signalbox_slow_connections (\d+)$/m.exec(exposed)?.[1],
    };
  }

  const nobody = { sleeper: [false, 0], reader: [false, 0], update: 0, exposed: "0" };
  expect(await shown()).toEqual(nobody);
  await sleeper.sleep();
  expect(await shown()).toEqual({
    ...{ sleeper: [true, sleeper.buffered()], reader: [false, 0] },
    ...{ update: 1, exposed: "1" },
  });
  await sleeper.wake();
  clock.advance(500);
  expect(await shown()).toEqual(nobody);
});

it("a client that does not poll while tasks change is sent the latest of each when it polls, and no more is kept", async () => {
  const { server, clock, work, reported } = await start();
  const sid = await openSid(server);
  const path = `${server.url}${pollingPath(sid)}`;
  const headers = { Origin: server.url, "Content-Type": "text/plain" };
  await fetch(path, { method: "POST", headers, body: "40" });
  const { sockets } = server.realtime.io.of("/");
  await expect.poll(() => sockets.size).toBe(1);
  const [socket] = sockets.values();
  if (socket === undefined) throw new Error("There is no socket.");
  await socket.join(ids.map(taskRoom));
  let largest = 0;
  await work(3000, () => {
    largest = Math.max(largest, bufferedBytes(socket.conn));
  });
  expect(largest).toBeGreaterThan(slowBytes);
  expect(largest).toBeLessThan(slowBytes + tickBytes);

  const states: TaskSnapshot[] = [];
  const poll = async (): Promise<void> => {
    const body = await (await fetch(path, { headers })).text();
    for (const packet of body.split("\x1e")) {
      if (!packet.startsWith("42")) continue;
      const [event, payload] = JSON.parse(packet.slice(2));
      if (event === "progress_update") states.push(payload);
    }
  };
  await poll();
  clock.advance(2 * flushMs);
  await turn();
  await poll();
  expect(latestOf(states)).toEqual(allAt(reported()));
  expect(misplaced(states)).toEqual([]);
});
