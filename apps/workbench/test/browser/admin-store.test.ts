import { createClients } from "@signalbox/client";
import type { ConnectionRow, SystemMetrics } from "@signalbox/protocol";
import { startTestServer } from "@signalbox/server/testing";
import { expect, onTestFinished, test } from "vitest";
import { openAdminStore } from "../../browser/src/admin-store.ts";

/** The page's store, with a real server whose metrics the test sends by hand. */
async function openFeed() {
  const server = await startTestServer({ env: { SIGNALBOX_ADMIN_METRICS_INTERVAL: "60" } });
  onTestFinished(() => server.close());
  const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
  const clients = createClients({ url: server.url, share: false, headers: { origin: server.url, cookie } });
  onTestFinished(() => clients.close());
  const store = openAdminStore(clients.admin(), () => {});
  const lists: (readonly ConnectionRow[])[] = [];
  store.state.subscribe(() => {
    const { connections } = store.state.get();
    if (connections !== lists.at(-1)) lists.push(connections);
  });
  const { io } = server.realtime;
  return {
    ...{ store, lists },
    sendMetrics(slow_connections: number) {
      const metrics = { slow_connections } as SystemMetrics;
      io.of("/admin").emit("system_metrics_update", { type: "system_metrics", metrics, timestamp: "" });
    },
    metricsShown: () => store.state.get().metrics?.slow_connections,
  };
}

test("connections are read again as long as any is slow, and once more when none is", async () => {
  const { lists, sendMetrics, metricsShown } = await openFeed();
  await expect.poll(() => lists.at(-1)?.length).toBe(1);
  // Whoever has just connected is told of a moment later.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  const before = lists.length;
  for (const [slow, reads] of [
    [0, 0],
    [1, 1],
    [1, 2],
    [0, 3],
    [0, 3],
  ] as const) {
    sendMetrics(slow);
    await expect.poll(metricsShown).toBe(slow);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(lists.length - before, `after ${slow} slow`).toBe(reads);
  }
});
