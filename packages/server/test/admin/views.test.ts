/** What administrators see: lists by position, round trips, the last hour, health, and the configuration. */
import type { ConnectionRow } from "@signalbox/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { createMemoryStore } from "../../src/index.ts";
import { connectClient, startTestServer, type TestClient, type TestServer } from "../../src/testing/index.ts";

async function start(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  onTestFinished(() => server.close());
  return server;
}

async function connectAs(server: TestServer, userId: string, role: "user" | "admin"): Promise<TestClient> {
  const { cookie } = server.sessions.signIn({ userId, role });
  const client = await connectClient(server.url, { cookie, namespace: role === "admin" ? "/admin" : "/" });
  onTestFinished(() => client.close());
  return client;
}

describe("list_connections", () => {
  it("is sorted and cut by position, over all that match", async () => {
    const server = await start({ env: { SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "100000" } });
    const names = Array.from({ length: 60 }, (_, index) => `user-${String((index * 7) % 60).padStart(2, "0")}`);
    for (const name of names) await connectAs(server, name, "user");
    const admin = await connectAs(server, "root", "admin");
    const read = (request: object) => admin.request("list_connections", request);
    const idsOf = ({ rows }: { rows: ConnectionRow[] }) => rows.map(({ user_id }) => user_id);
    const sorted = [...names].sort();

    const page = await read({ sort: "username", offset: 10, limit: 20, filter: "user-" });
    expect(idsOf(page)).toEqual(sorted.slice(10, 30));
    expect(page).toMatchObject({ total: 60, next: null });
    expect(idsOf(await read({ sort: "username", descending: true, limit: 5, filter: "user-" }))).toEqual(
      sorted.reverse().slice(0, 5),
    );
    expect(await read({ offset: 1000 })).toMatchObject({ rows: [], total: 61 });
    const byTime = await read({ sort: "connected_at", filter: "user-" });
    expect(idsOf(byTime)).toEqual(names);
    expect(await read({ sort: "socket.id" })).toMatchObject({ ok: false, error: { code: "payload_invalid" } });
  });

  it("tells the round trip of the last heartbeat, and null before the first", async () => {
    const server = await start({ env: { SOCKETIO_PING_INTERVAL: "1" } });
    await connectAs(server, "ada", "user");
    const admin = await connectAs(server, "root", "admin");
    const trip = async () => (await admin.request("list_connections", { filter: "ada" })).rows[0].round_trip_ms;
    expect(await trip()).toBeNull();
    await expect.poll(trip).toEqual(expect.any(Number));
    expect(await trip()).toBeLessThan(1000);
  });
});

it("get_metrics_history counts refusals by code, in columns as long as the others", async () => {
  const server = await start({ env: { SIGNALBOX_ADMIN_METRICS_INTERVAL: "1" } });
  const mallory = await connectAs(server, "mallory", "user");
  for (let count = 0; count < 3; count += 1) await mallory.request("no_such_event", {});
  const admin = await connectAs(server, "root", "admin");
  const read = () => admin.request("get_metrics_history", {});
  await expect.poll(async () => (await read()).at.length).toBeGreaterThan(1);
  const { at, series, refusals_by_code } = await read();
  expect(refusals_by_code.event_unknown).toHaveLength(at.length);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  expect(sum(refusals_by_code.event_unknown)).toBeCloseTo(sum(series.refusals_per_second));
  expect(sum(refusals_by_code.event_unknown)).toBeGreaterThan(1);
});

it("get_configuration has every setting and no secret, wherever it came from", async () => {
  const secret = "a-secret-of-more-than-thirty-two-characters";
  const server = await start({
    env: { SIGNALBOX_SECRET: secret, SIGNALBOX_METRICS_TOKEN: "another-secret-of-thirty-two-characters" },
    configSources: new Map([["SIGNALBOX_SECRET", "SIGNALBOX_SECRET_FILE"]]),
  });
  const admin = await connectAs(server, "root", "admin");
  const { settings } = await admin.request("get_configuration", {});
  expect(JSON.stringify(settings)).not.toContain("characters-");
  expect(JSON.stringify(settings)).not.toContain(secret);
  expect(JSON.stringify(settings)).not.toContain("another-secret");
  const named = (name: string) => settings.find((row: { name: string }) => row.name === name);
  expect(named("SIGNALBOX_SECRET")).toMatchObject({ value: null, secret: true, source: "SIGNALBOX_SECRET_FILE" });
  expect(named("HOST")).toMatchObject({ value: "127.0.0.1", source: "set" });
});

it("get_configuration shows that the secret was generated", async () => {
  const admin = await connectAs(await start(), "root", "admin");
  const { settings } = await admin.request("get_configuration", {});
  expect(settings).toContainEqual(
    expect.objectContaining({ name: "SIGNALBOX_SECRET", value: null, source: "generated" }),
  );
});

it("get_health names what does not answer, and since when", async () => {
  const memory = createMemoryStore();
  let fails = false;
  const store = {
    ...memory,
    ping: async () => {
      if (fails) throw new Error("the password is hunter2");
    },
  };
  const admin = await connectAs(await start({ store }), "root", "admin");
  const read = () => admin.request("get_health", {});
  expect(await read()).toMatchObject({ status: "ok" });
  fails = true;
  const failing = await read();
  expect(failing).toMatchObject({ status: "degraded" });
  expect(failing.dependencies[0]).toEqual({
    ...{ name: "store", status: "failing", since: expect.stringMatching(/Z$/) },
    reason: expect.stringContaining("log"),
  });
  expect(JSON.stringify(failing)).not.toContain("hunter2");
  fails = false;
  expect((await read()).dependencies[0]).toMatchObject({ status: "ok", since: expect.stringMatching(/Z$/) });
});

it("list_security_events is filtered by type, severity, user and address together", async () => {
  const server = await start();
  const mallory = await connectAs(server, 'mal"lory', "user");
  await mallory.request("no_such_event", {});
  await mallory.request("join_task", { task_id: "" });
  const admin = await connectAs(server, "root", "admin");
  const types = async (request: object) =>
    (await admin.request("list_security_events", request)).rows.map(({ type }: { type: string }) => type);
  const whole = { type: "event_unknown", user_id: 'mal"lory', ip: "127.0.0.1" };
  expect(await types(whole)).toEqual(["event_unknown"]);
  expect(await types({ ...whole, ip: "127.0.0.2" })).toEqual([]);
  expect(await types({ user_id: "mal" })).toEqual([]);
  const [{ severity }] = (await admin.request("list_security_events", whole)).rows;
  expect(await types({ user_id: 'mal"lory', severity })).toContain("event_unknown");
  expect(await types({ severity: "high" })).toEqual([]);
});
