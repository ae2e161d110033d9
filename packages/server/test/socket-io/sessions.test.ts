/** R6.1: a live socket has the rights of its session at this moment, not at the moment it connected. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  connectClient,
  refusalOf,
  startStopwatch,
  startTestServer,
  type TestClient,
  type TestServer,
  transports,
} from "../../src/testing/index.ts";

let server: TestServer;
const clients: TestClient[] = [];

beforeEach(async () => {
  server = await startTestServer();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
});

const connect = async (...[url, options]: Parameters<typeof connectClient>): Promise<TestClient> => {
  const client = await connectClient(url, options);
  clients.push(client);
  return client;
};

describe("logout", () => {
  it("closes every socket of the session within a second, on both transports; another user's stay", async () => {
    const { cookie, ref } = server.sessions.signIn({ userId: "ada" });
    const bystander = await connect(server.url, { cookie: server.sessions.signIn({ userId: "bob" }).cookie });
    const tabs = await Promise.all(transports.map((transport) => connect(server.url, { cookie, transport })));
    const elapsed = startStopwatch();
    server.sessions.end({ ref }, "signed_out");
    for (const tab of tabs) {
      expect(await tab.next("session_ending", 1000)).toMatchObject({ reason: "signed_out" });
      await tab.disconnected(1000);
    }
    expect(elapsed()).toBeLessThan(1000);
    expect(await bystander.request("leave_task", { task_id: "none" })).toEqual({ ok: true });
  });

  it("of one session leaves the same user's other session alone", async () => {
    const laptop = server.sessions.signIn({ userId: "ada" });
    const phone = server.sessions.signIn({ userId: "ada" });
    const [first, second] = [
      await connect(server.url, { cookie: laptop.cookie }),
      await connect(server.url, { cookie: phone.cookie }),
    ];
    server.sessions.end({ ref: laptop.ref }, "signed_out");
    await first.disconnected(1000);
    expect(await second.request("leave_task", { task_id: "none" })).toEqual({ ok: true });
  });

  it("between a socket's look-up and its connection is not missed", async () => {
    const { cookie, ref } = server.sessions.signIn({ userId: "ada" });
    server.realtime.io.of("/").use((_socket, next) => {
      server.sessions.end({ ref }, "signed_out");
      next();
    });
    const client = await connect(server.url, { cookie });
    await client.next("session_ending", 1000);
    await client.disconnected(1000);
  });
});

describe.each(transports)("over %s", (transport) => {
  it.each(["banned", "removed", "revoked"] as const)("%s ends the user's sockets with that reason", async (reason) => {
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const client = await connect(server.url, { cookie, transport });
    server.sessions.end({ userId: "ada" }, reason);
    expect(await client.next("session_ending", 1000)).toMatchObject({ reason, at: expect.any(String) });
    await client.disconnected(1000);
  });

  it("an expired session ends within a second of its expiry, while idle", async () => {
    const lifetimeMs = 3000;
    const elapsed = startStopwatch();
    const { cookie } = server.sessions.signIn({ userId: "ada", expiresAt: Date.now() + lifetimeMs });
    const client = await connect(server.url, { cookie, transport });
    expect(await client.next("session_ending")).toMatchObject({ reason: "expired" });
    expect(elapsed()).toBeLessThan(lifetimeMs + 1000);
  });

  it("a session that was extended meanwhile goes on without a disconnect", async () => {
    const { cookie, ref } = server.sessions.signIn({ userId: "ada", expiresAt: Date.now() + 3000 });
    const client = await connect(server.url, { cookie, transport });
    server.sessions.extend(ref, Date.now() + 60_000);
    await expect(client.next("session_ending", 4500)).rejects.toThrow("No session_ending");
    expect(await client.request("leave_task", { task_id: "none" })).toEqual({ ok: true });
  });

  it("a demoted administrator leaves /admin and the Flask-SocketIO dashboard, and stays on /", async () => {
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    const admin = await connect(server.url, { cookie, namespace: "/admin", transport });
    const user = await connect(server.url, { cookie, transport });
    await user.request("join_admin_dashboard");
    const task = await server.realtime.progress.create({ kind: "test", title: "Ada's", owner_id: "ada" });
    await user.request("join_task", { task_id: task.task_id });

    server.sessions.setRole("root", "user");
    expect(await admin.next("session_ending", 1000)).toMatchObject({ reason: "role_changed" });
    await admin.disconnected(1000);

    server.realtime.admin.alert({ severity: "critical", title: "Secret", body: "for administrators" });
    await server.realtime.progress.complete(task.task_id);
    const answer = await user.request("join_task", { task_id: task.task_id });
    expect(answer.error.code).toBe("task_not_found");
    expect([...user.received("admin_alert"), ...user.received("task_completed")]).toEqual([]);
    expect((await refusalOf(server.url, { cookie, namespace: "/admin", transport })).code).toBe("forbidden");
  });
});

describe("the session store", () => {
  it("is asked once per session, however many namespaces and requests a client uses", async () => {
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    await connect(server.url, { cookie, transport: "polling" });
    await connect(server.url, { cookie, namespace: "/admin", transport: "polling" });
    expect(server.sessions.lookups()).toBe(1);
  });

  it("that is down refuses new sockets as unavailable and keeps those that are there", async () => {
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const client = await connect(server.url, { cookie });
    server.sessions.setHealth("failing");
    const other = server.sessions.signIn({ userId: "bob" });
    expect((await refusalOf(server.url, { cookie: other.cookie, auth: {} })).code).toBe("unavailable");
    await server.realtime.sessionChanged({ userId: "ada" });
    expect(await client.request("leave_task", { task_id: "none" })).toEqual({ ok: true });
  });

  it("that hangs refuses as unavailable within SIGNALBOX_CONNECT_TIMEOUT", async () => {
    const patient = await startTestServer({ env: { SIGNALBOX_CONNECT_TIMEOUT: "1" } });
    const { cookie } = patient.sessions.signIn({ userId: "ada" });
    patient.sessions.setHealth("hanging");
    const elapsed = startStopwatch();
    const response = await fetch(`${patient.url}/realtime/client-config`, { headers: { origin: patient.url, cookie } });
    expect(response.status).toBe(503);
    expect(elapsed()).toBeLessThan(3000);
    await patient.close();
  });

  it.each(transports)(
    "that hangs is reported to the client before its connection without a namespace is closed, over %s",
    async (transport) => {
      const patient = await startTestServer({ env: { SIGNALBOX_CONNECT_TIMEOUT: "1" } });
      const { cookie } = patient.sessions.signIn({ userId: "ada" });
      patient.sessions.setHealth("hanging");
      expect((await refusalOf(patient.url, { cookie, auth: {}, transport })).code).toBe("unavailable");
      await patient.close();
    },
  );
});
