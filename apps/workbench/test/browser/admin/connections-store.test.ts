import type { ConnectionRow, SystemMetrics } from "@signalbox/protocol";
import { connectClient } from "@signalbox/server/testing";
import { expect, onTestFinished, test } from "vitest";
import { openConnections } from "../../../browser/src/admin/connections-store.ts";
import { runDashboard } from "./dashboard-fixture.ts";

const many = {
  SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "100000",
  SIGNALBOX_MAX_CONNECTIONS_PER_ADDRESS: "1000",
  SIGNALBOX_CONNECT_RATE_PER_USER: "100000",
};

test("the part in view is read with some rows around it, sorted and searched for at the server", async () => {
  const { server, section } = await runDashboard({ env: many });
  const names = Array.from({ length: 200 }, (_, index) => `user-${String(index).padStart(3, "0")}`);
  await Promise.all(
    names.map(async (userId) => {
      const { cookie } = server.sessions.signIn({ userId, username: userId });
      const client = await connectClient(server.url, { cookie });
      onTestFinished(() => client.close());
    }),
  );
  // Without the server's batches, which report the 200 connections: each of them reads the part in view again.
  const { state, look, search, sortBy } = openConnections({ ...section, onBatch() {} });
  const shown = () => state.get().rows.map(({ username }) => username);
  sortBy("username", false);
  search("user-");
  await expect.poll(() => state.get().total).toBe(200);
  await expect.poll(() => shown()[0]).toBe("user-000");

  look(120, 140);
  await expect.poll(() => state.get().offset).toBe(80);
  expect(shown()).toEqual(names.slice(80, 181));
  look(130, 150);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(state.get().offset, "all of that is here").toBe(80);

  sortBy("username", true);
  await expect.poll(() => shown()[0]).toBe("user-109");
  search("user-042");
  await expect.poll(() => state.get().total).toBe(1);
});

test("the part in view is read again while any connection is slow, once more when none is, every two seconds at most", async () => {
  const { section, sendBatch } = await runDashboard();
  const { state } = openConnections(section);
  const reads: (readonly ConnectionRow[])[] = [];
  onTestFinished(
    state.subscribe(() => {
      const { rows } = state.get();
      if (rows !== reads.at(-1)) reads.push(rows);
    }),
  );
  await expect.poll(() => reads.length).toBeGreaterThan(0);
  // The server reports a new connection a moment later.
  await new Promise((resolve) => setTimeout(resolve, 3500));
  const before = reads.length;
  const send = (slow_connections: number) => sendBatch({ metrics: { slow_connections } as SystemMetrics });
  send(0);
  send(1);
  await expect.poll(() => reads.length - before).toBe(1);
  for (let count = 0; count < 5; count += 1) send(1);
  send(0);
  await expect.poll(() => reads.length - before).toBe(2);
  send(0);
  await new Promise((resolve) => setTimeout(resolve, 2200));
  expect(reads.length - before).toBe(2);
});
