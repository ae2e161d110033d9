/**
 * Caps and limits count over all nodes, exactly, however many requests come at once. Without Redis each node counts for
 * itself.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  connectClient,
  refusalOf,
  startStopwatch,
  type TestClient,
  type TestServer,
  transports,
} from "../../src/testing/index.ts";
import { startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
let nodes: readonly [TestServer, TestServer];
beforeAll(async () => {
  cluster = await startCluster({
    env: {
      SIGNALBOX_MAX_CONNECTIONS_PER_USER: "5",
      SIGNALBOX_CONNECT_RATE_PER_USER: "60",
      SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "100000",
      SIGNALBOX_MESSAGE_RATE: "10",
      SIGNALBOX_MESSAGE_BURST: "20",
    },
  });
  nodes = cluster.nodes as [TestServer, TestServer];
});
afterAll(() => cluster.close());

/** Opens this many connections at once, alternating between the nodes. */
async function rush(count: number, options: Parameters<typeof connectClient>[1]) {
  const attempts = Array.from({ length: count }, (_, index) =>
    connectClient((nodes[index % 2] as TestServer).url, options),
  );
  const results = await Promise.allSettled(attempts);
  const clients = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const codes = results.flatMap((result) => (result.status === "rejected" ? [result.reason.data?.code] : []));
  return { clients, codes };
}
const closeAll = (clients: readonly TestClient[]): void => {
  for (const client of clients) client.close();
};

describe.each(transports)("over %s", (transport) => {
  it("of 50 simultaneous connections of a user exactly as many are admitted as there are slots, and the slots are released again", async () => {
    const { cookie } = cluster.sessions.signIn({ userId: `crowd-${transport}` });
    const { clients, codes } = await rush(50, { cookie, transport });
    expect(clients).toHaveLength(5);
    expect(codes).toEqual(Array(45).fill("too_many_connections"));
    closeAll(clients);
    await expect
      .poll(async () => {
        const again = await rush(2, { cookie, transport });
        closeAll(again.clients);
        return again.clients.length;
      })
      .toBe(2);
  });

  it("a user's connections are limited in rate over both", async () => {
    const { cookie } = cluster.sessions.signIn({ userId: `storm-${transport}` });
    const outcomes = [await rush(50, { cookie, transport }), await rush(50, { cookie, transport })];
    for (const { clients } of outcomes) closeAll(clients);
    const codes = outcomes.flatMap(({ codes }) => codes);
    expect(codes.filter((code) => code === "rate_limited")).toHaveLength(40);
  });
});

it("guests at one address are limited in rate over both, to the connection", async () => {
  const strict = await startCluster({
    env: { SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "20", SIGNALBOX_MAX_CONNECTIONS_PER_USER: "50" },
  });
  const { cookie } = strict.sessions.signIn({ userId: "ada" });
  const attempts = Array.from({ length: 50 }, (_, index) =>
    connectClient((strict.nodes[index % 2] as TestServer).url, { cookie, transport: "polling" }),
  );
  const results = await Promise.allSettled(attempts);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(20);
  await strict.close();
});

it("a user who exceeds the message rate on two nodes together is refused on both", async () => {
  const { cookie } = cluster.sessions.signIn({ userId: "talker" });
  const clients = await Promise.all(nodes.map(({ url }) => connectClient(url, { cookie })));
  const send = (client: TestClient | undefined) => client?.request("leave_task", { task_id: "none" });
  // Fifteen to each node: less than a node's own limit, more than both together allow.
  await Promise.all(clients.flatMap((client) => Array.from({ length: 15 }, () => send(client))));
  await expect
    .poll(async () => Promise.all(clients.map(async (client) => (await send(client)).error?.code)))
    .toEqual(["rate_limited", "rate_limited"]);
  closeAll(clients);
});

it("without Redis each node goes on with its own count, and readiness says so; when it is back they agree again", async () => {
  const { cookie } = cluster.sessions.signIn({ userId: "lonely" });
  const [here, there] = nodes;
  const held = await Promise.all([0, 1, 2].map(() => connectClient(here.url, { cookie })));
  const ready = async ({ url }: TestServer) => (await fetch(`${url}/readyz`)).json();
  cluster.redis.kill("SIGKILL");
  await expect.poll(() => ready(here)).toMatchObject({ status: "degraded" });
  expect(await ready(here)).toMatchObject({ dependencies: { redis: { status: "failing" } } });
  // A load balancer that took every node out of service for this would turn a minor fault into an outage.
  expect((await fetch(`${here.url}/readyz`)).status).toBe(200);
  const alone = await Promise.all([0, 1, 2, 3, 4].map(() => connectClient(there.url, { cookie })));
  expect(await refusalOf(there.url, { cookie })).toMatchObject({ code: "too_many_connections" });
  await cluster.redis.restart();
  const elapsed = startStopwatch();
  await expect.poll(() => ready(here)).toMatchObject({ status: "ok" });
  await expect
    .poll(() => refusalOf(here.url, { cookie }).catch(() => undefined))
    .toMatchObject({ code: "too_many_connections" });
  closeAll(alone);
  closeAll(held);
  // Eight of five slots were taken while the nodes could not count together: all of them are released.
  await expect
    .poll(async () => {
      const again = await rush(5, { cookie });
      closeAll(again.clients);
      return again.clients.length;
    })
    .toBe(5);
  expect(elapsed()).toBeLessThan(10_000);
});
