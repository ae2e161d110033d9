/**
 * The order in which a server closes (docs/lifecycle.md). Each step may still use what is closed after it: what a
 * client was answered is stored, and what is stored last may still be published to other nodes.
 */
import { expect, it, onTestFinished } from "vitest";
import { startRedis } from "../../../../scripts/services/redis.ts";
import { connectRedis } from "../../src/cluster/redis/connect-redis.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { connectClient, createTestSessions, startTestServer } from "../../src/testing/index.ts";

it("closes connections, stores progress and the security log, and leaves the cluster last", async () => {
  const steps: string[] = [];
  const step = (name: string): void => {
    if (steps.at(-1) !== name) steps.push(name);
  };
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const env = { REDIS_URL: redis.url, SIGNALBOX_SECURITY_FOLD: "3600" };
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const cluster = connectRedis(loadConfig({ NODE_ENV: "test", ...env }).config, { logger });
  const store = createMemoryStore();
  const sessions = createTestSessions();
  let closing = false;
  /** Records each call of a function from when the server begins to close. */
  function noted<Args extends unknown[], Result>(name: string, call: (...args: Args) => Result) {
    return (...args: Args): Result => {
      if (closing) step(name);
      return call(...args);
    };
  }
  const server = await startTestServer({
    env,
    logger,
    sessions,
    cluster: { ...cluster, close: noted("the cluster is left", cluster.close) },
    store: {
      ...store,
      tasks: { ...store.tasks, put: noted("progress is stored", store.tasks.put) },
      securityEvents: {
        ...store.securityEvents,
        put: noted("the security log is stored", store.securityEvents.put),
      },
    },
  });
  onTestFinished(() => server.close());
  const { progress } = server.realtime;
  const { cookie } = sessions.signIn({ userId: "ada" });
  const client = await connectClient(server.url, { cookie });
  const { task_id } = await progress.create({ kind: "test", title: "Test", owner_id: "ada" });
  await progress.report(task_id, { status: "running" });
  for (let event = 0; event < 2; event += 1) await client.request("undeclared", {});
  client.socket.on("server_draining", () => step("clients are told"));
  client.socket.on("disconnect", () => step("connections are closed"));

  closing = true;
  await server.realtime.drain();
  await progress.report(task_id, { percent: 50 });
  step("work goes on");
  await server.realtime.close();
  expect(await (await fetch(`${server.url}/livez`)).text()).toBe("application");
  expect((await store.tasks.get(task_id))?.percent).toBe(50);
  expect(steps).toEqual([
    "clients are told",
    "connections are closed",
    "work goes on",
    "progress is stored",
    "the security log is stored",
    "the cluster is left",
  ]);
});
