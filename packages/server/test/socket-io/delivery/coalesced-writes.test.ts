/**
 * What a connection gets within one turn of the event loop costs one system call, and its frames are built once for
 * all.
 */
import { taskRoom } from "@signalbox/protocol";
import { expect, it, onTestFinished } from "vitest";
import type { RealtimeSocket } from "../../../src/socket-io/socket.ts";
import { connectClient, createFakeClock, startTestServer, type TestServer } from "../../../src/testing/index.ts";
import { framesIn, openEnv, recordWrites, serverSocketOf, turn } from "./fixture.ts";

interface Started {
  readonly server: TestServer;
  readonly clock: ReturnType<typeof createFakeClock>;
  /** Connects a client on WebSocket in these rooms. */
  connect(rooms?: string[], accepts?: string[]): Promise<RealtimeSocket>;
  /** Creates a running task, and returns its room. */
  begin(title?: string): Promise<{ taskId: string; room: string }>;
  /** Reports to all these tasks, and lets a tick pass. */
  report(...taskIds: string[]): Promise<void>;
}

async function start(): Promise<Started> {
  const clock = createFakeClock();
  const server = await startTestServer({ clock, env: openEnv });
  onTestFinished(() => server.close());
  const { progress } = server.realtime;
  let reports = 0;
  return {
    server,
    clock,
    async connect(rooms = [], accepts = []) {
      const client = await connectClient(server.url, { accepts });
      onTestFinished(() => client.close());
      await client.next("connection_established");
      const socket = serverSocketOf(server, client.socket.id);
      await socket.join(rooms);
      return socket;
    },
    async begin(title = "T") {
      const { task_id } = await progress.create({ kind: "t", title, owner_id: "ada" });
      await progress.report(task_id, { status: "running" });
      return { taskId: task_id, room: taskRoom(task_id) };
    },
    async report(...taskIds) {
      reports += 1;
      for (const taskId of taskIds) await progress.report(taskId, { current: reports });
      clock.advance(100);
      await turn();
    },
  };
}

const batch = ["progress_batch"];

it("broadcasts of one turn are one write for each member, with all that is for it, in order", async () => {
  const { server, connect } = await start();
  const { io } = server.realtime;
  const [left, both, neither] = await Promise.all([connect(["left"]), connect(["left", "right"]), connect()]);
  const writes = [left, both, neither].map(recordWrites);
  for (let n = 0; n < 3; n += 1) {
    io.to("left").emit("news", n);
    await Promise.resolve();
    io.to("right").emit("news", "right", n);
  }
  await turn();
  expect(writes.map((each) => each.map(framesIn))).toEqual([
    [['42["news",0]', '42["news",1]', '42["news",2]']],
    [[0, 1, 2].flatMap((n) => [`42["news",${n}]`, `42["news","right",${n}]`])],
    [],
  ]);
});

it.each<[when: string, within: (run: () => void) => unknown]>([
  ["at once", (run) => run()],
  ["in a microtask", (run) => queueMicrotask(run)],
  ["in a timer", (run) => new Promise<void>((resolve) => setTimeout(() => resolve(run()), 1))],
  ["when input has come", (run) => new Promise<void>((resolve) => setImmediate(() => resolve(run())))],
])("what is sent %s waits for one turn at the most", async (_when, within) => {
  const { server, connect } = await start();
  const writes = recordWrites(await connect());
  await within(() => server.realtime.io.emit("news"));
  await turn();
  expect(writes.map(framesIn)).toEqual([['42["news"]']]);
});

it("a packet for one member splits the writes of this member, and of no other", async () => {
  const { server, connect } = await start();
  const [one, other] = await Promise.all([connect(), connect()]);
  const writes = [one, other].map(recordWrites);
  server.realtime.io.emit("news", 1);
  server.realtime.io.emit("news", 2);
  one.emit("word");
  server.realtime.io.emit("news", 3);
  await turn();
  expect(writes.map((each) => each.map(framesIn))).toEqual([
    [['42["news",1]', '42["news",2]'], ['42["word"]'], ['42["news",3]']],
    [['42["news",1]', '42["news",2]', '42["news",3]']],
  ]);
});

it("a write is bounded: what is more than 64 KB leaves in several, sharing frames all the same", async () => {
  const { server, connect } = await start();
  const writes = (await Promise.all([connect(), connect()])).map(recordWrites);
  const text = "x".repeat(1000);
  for (let n = 0; n < 300; n += 1) server.realtime.io.emit("news", n, text);
  await turn();
  const [first = [], second = []] = writes;
  expect(first.flatMap(framesIn)).toEqual(Array.from({ length: 300 }, (_, n) => `42["news",${n},"${text}"]`));
  for (const write of first) expect(write.length).toBeLessThan(65_536 + 2000);
  expect(first.length).toBeLessThanOrEqual(5);
  expect(second.every((write, index) => write === first[index])).toBe(true);
});

it("members who get the same packets share one buffer, whatever else the room contains", async () => {
  const { server, connect } = await start();
  const { io } = server.realtime;
  const rooms = [["left"], ["left", "right"], ["left"], ["left", "right"]];
  const writes = (await Promise.all(rooms.map((each) => connect(each)))).map(recordWrites);
  for (let n = 0; n < 5; n += 1) {
    io.to("left").emit("news", n);
    io.to("right").emit("news", n);
  }
  await turn();
  const [first, second, third, fourth] = writes.map(([write]) => write);
  expect(first).toBeInstanceOf(Buffer);
  expect(third).toBe(first);
  expect(fourth).toBe(second);
  expect(second).not.toBe(first);
});

it("several states are one progress_batch for clients that accept it, and one progress_update each for others", async () => {
  const { connect, begin, report } = await start();
  const [one, two, three] = [await begin("eins"), await begin("zwö"), await begin("三")];
  const rooms = [one, two, three].map(({ room }) => room);
  const writes = (await Promise.all([connect(rooms, batch), connect(rooms)])).map(recordWrites);
  await report(one.taskId, two.taskId, three.taskId);
  const [batched = [], plain = []] = writes.map(([write]) => (write === undefined ? [] : framesIn(write)));
  expect(writes.map(({ length }) => length)).toEqual([1, 1]);
  expect(batched).toHaveLength(1);
  const [event, { tasks }] = JSON.parse(batched[0]?.slice(2) ?? "");
  expect(event).toBe("progress_batch");
  expect(tasks.map(({ title }: { title: string }) => title)).toEqual(["eins", "zwö", "三"]);
  expect(plain).toEqual(tasks.map((task: object) => `42${JSON.stringify(["progress_update", task])}`));
});

it("a single state is a progress_update for everybody, in the same buffer", async () => {
  const { connect, begin, report } = await start();
  const { taskId, room } = await begin();
  const writes = (await Promise.all([connect([room], batch), connect([room])])).map(recordWrites);
  await report(taskId);
  const [first, second] = writes.map(([write]) => write);
  expect(framesIn(first ?? Buffer.alloc(0))).toEqual([expect.stringMatching(/^42\["progress_update",\{"task_id"/)]);
  expect(second?.equals(first ?? Buffer.alloc(0))).toBe(true);
});

it("a broadcast between states parts the batch, so that the order holds", async () => {
  const { server, clock, connect, begin } = await start();
  const tasks = [await begin(), await begin(), await begin(), await begin()];
  const socket = await connect(
    tasks.map(({ room }) => room),
    batch,
  );
  clock.advance(1000);
  await turn();
  const writes = recordWrites(socket);
  for (const [index, { taskId }] of tasks.entries()) {
    void server.realtime.progress.report(taskId, { current: 1 });
    if (index === 1) server.realtime.io.emit("news");
  }
  await turn();
  expect(writes.map(framesIn)).toEqual([
    [expect.stringMatching(/^42\["progress_batch"/), '42["news"]', expect.stringMatching(/^42\["progress_batch"/)],
  ]);
});

it("watchers of the same tasks share one buffer: one for clients that accept batches, and one for those that do not", async () => {
  const { connect, begin, report } = await start();
  const tasks = [await begin(), await begin(), await begin()];
  const rooms = tasks.map(({ room }) => room);
  const writes: Buffer[][] = [];
  for (let index = 0; index < 8; index += 1) {
    writes.push(recordWrites(await connect(rooms, index % 2 === 0 ? batch : [])));
  }
  await report(...tasks.map(({ taskId }) => taskId));
  expect(new Set(writes.map(([write]) => write)).size).toBe(2);
});

/** A value that counts how often it is encoded. */
function countingEncodings() {
  const counter = {
    encoded: 0,
    toJSON() {
      counter.encoded += 1;
      return "value";
    },
  };
  return counter;
}

it("a broadcast is encoded as often for many as for one", async () => {
  const { server, connect } = await start();
  await connect(["one"]);
  await Promise.all(Array.from({ length: 5 }, () => connect(["many"])));
  const encodings = ["one", "many"].map((room) => {
    const counter = countingEncodings();
    server.realtime.io.to(room).emit("news", { counter });
    return counter.encoded;
  });
  await turn();
  expect(encodings[0]).toBeGreaterThan(0);
  expect(encodings[1]).toBe(encodings[0]);
});

it("a state is encoded once a tick for all its watchers, in either form, and not at all without watchers", async () => {
  const { server, clock, connect, begin } = await start();
  const [watched, unwatched] = [await begin(), await begin()];
  const forms = [batch, [], batch, [], batch, []];
  await Promise.all(forms.map((accepts) => connect([watched.room], accepts)));
  clock.advance(1000);
  const counter = countingEncodings();
  const report = ({ taskId }: { taskId: string }) => server.realtime.progress.report(taskId, { result: counter });
  // Each report with a result measures its size, which takes one encoding.
  for (let count = 0; count < 10; count += 1) await report(unwatched);
  clock.advance(1000);
  expect(counter.encoded).toBe(10);
  counter.encoded = 0;
  for (let count = 0; count < 10; count += 1) await report(watched);
  clock.advance(100);
  await turn();
  // The first was sent at once, the last with the tick.
  expect(counter.encoded).toBe(10 + 2);
});
