/** Each watched task is joined once per opening of the connection, whatever was under way when the last one ended. */
import { refusals } from "@signalbox/protocol";
import { describe, expect, it } from "vitest";
import { connect, connected, reached, settled, startServer, status, until } from "../support/node-clients.ts";

type Join = { readonly task: string; readonly opening: string };
type Ruling = "answer" | "hold back" | "refuse";

/** A server that writes down every join with the connection it came over, and answers them as the test says. */
async function fixture({ taskCount = 1 } = {}) {
  const server = await startServer({ env: { SIGNALBOX_MESSAGE_BURST: "1000" } });
  const joins: Join[] = [];
  let ruling: (nth: number) => Ruling = () => "answer";
  server.realtime.io.use((socket, next) => {
    socket.use(([event, payload, acknowledge], proceed) => {
      if (event !== "join_task") return proceed();
      joins.push({ task: payload.task_id, opening: socket.id });
      const verdict = ruling(joins.length);
      if (verdict === "answer") proceed();
      if (verdict === "refuse") {
        const { category, message } = refusals.rate_limited;
        acknowledge({ ok: false, error: { code: "rate_limited", category, message, retry_after_ms: 300 } });
      }
    });
    next();
  });
  const { progress } = server.realtime;
  const tasks: string[] = [];
  for (let number = 1; number <= taskCount; number += 1) {
    tasks.push((await progress.create({ kind: "test", title: `Task ${number}`, owner_id: "ada" })).task_id);
  }
  const clients = connect({ origin: server.url, cookie: server.sessions.signIn({ userId: "ada" }).cookie });
  const user = clients.user();
  await settled(clients);
  return {
    ...{ tasks, joins, user, clients },
    rule(next: typeof ruling) {
      ruling = next;
    },
    async interrupt() {
      const lost = reached(clients.state, status("reconnecting"));
      for (const { conn } of server.realtime.io.sockets.sockets.values()) conn.close();
      await lost;
      clients.retry();
      await connected(clients);
    },
    /** How often each task was joined over each connection, in order. */
    joinsOf: (task: string) => {
      const counts = new Map<string, number>();
      for (const { opening } of joins.filter((join) => join.task === task)) {
        counts.set(opening, (counts.get(opening) ?? 0) + 1);
      }
      return [...counts.values()];
    },
  };
}

/** Long enough for whatever would join once more after a refusal or a failure. */
const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1300));

describe("a task is joined once per opening", () => {
  it("although its join was under way when the connection was lost", async () => {
    const { tasks, joinsOf, rule, user, interrupt } = await fixture();
    const [task = ""] = tasks;
    rule(() => "hold back");
    const watch = user.tasks.watch(task);
    await until(() => joinsOf(task).length === 1);
    rule(() => "answer");
    await interrupt();
    await reached(watch, ({ source }) => source === "live");
    await aWhile();
    expect(joinsOf(task)).toEqual([1, 1]);
  });

  it("although its join was refused shortly before, to be repeated later", async () => {
    const { tasks, joinsOf, rule, user, interrupt } = await fixture();
    const [task = ""] = tasks;
    rule(() => "refuse");
    const watch = user.tasks.watch(task);
    await until(() => joinsOf(task).length === 1);
    await user.request("check_connection", {});
    rule(() => "answer");
    await interrupt();
    await reached(watch, ({ source }) => source === "live");
    await aWhile();
    expect(joinsOf(task)).toEqual([1, 1]);
  });

  it("and again within one only after a refusal", async () => {
    const { tasks, joinsOf, rule, user } = await fixture();
    const [task = ""] = tasks;
    rule((nth) => (nth === 1 ? "refuse" : "answer"));
    await reached(user.tasks.watch(task), ({ source }) => source === "live");
    await aWhile();
    expect(joinsOf(task)).toEqual([2]);
  });

  it("with 50 tasks over WebSocket and then polling, interrupted again and again in the middle of joining them", async () => {
    const { tasks, joins, joinsOf, rule, user, interrupt } = await fixture({ taskCount: 50 });
    // Twenty are under way at a time: the connection is lost with some joined, some under way, and some waiting.
    rule((nth) => (nth % 3 === 0 ? "hold back" : "answer"));
    const watches = tasks.map((task) => user.tasks.watch(task));
    for (let interruption = 0; interruption < 3; interruption += 1) {
      const before = joins.length;
      await until(() => joins.length >= before + 20);
      await interrupt();
    }
    rule(() => "answer");
    await interrupt();
    await Promise.all(watches.map((watch) => reached(watch, ({ source }) => source === "live")));
    await aWhile();
    for (const task of tasks) expect(new Set(joinsOf(task))).toEqual(new Set([1]));
    expect(
      joins
        .slice(-50)
        .map(({ task }) => task)
        .sort(),
    ).toEqual([...tasks].sort());
  });
});
