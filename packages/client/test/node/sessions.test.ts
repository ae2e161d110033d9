/** The connection follows the session: logout, login, and a role that changes. */
import { describe, expect, it, onTestFinished } from "vitest";
import { startTcpProxy } from "../browser/tcp-proxy.ts";
import { createFakeEnvironment } from "../support/fake-environment.ts";
import {
  connect,
  connected,
  passUntilConnected,
  reached,
  settled,
  startServer,
  status,
  until,
} from "../support/node-clients.ts";

/** A client whose cookie the test changes, as a browser's changes at login. */
async function fixture(role: "user" | "admin" = "user") {
  const server = await startServer();
  const session = server.sessions.signIn({ userId: "ada", role });
  const headers: Record<string, string> = { origin: server.url, cookie: session.cookie };
  const clients = connect({ origin: server.url, headers });
  return { server, session, headers, clients };
}

describe("a logout", () => {
  it("is known within a second, as the end of the session, and nothing is tried again by itself", async () => {
    const { server, session, clients } = await fixture();
    clients.user();
    await settled(clients);
    server.sessions.end({ ref: session.ref }, "signed_out");
    const state = await reached(clients.state, status("auth_required"), 1000);
    expect(state).toMatchObject({ code: "session_ended", nextAttemptAt: null });
    expect(state.diagnosis).toMatchObject({
      code: "session_ended",
      message: "Your session has ended. Please sign in again.",
    });
  });

  it("is over with a new session and sessionChanged", async () => {
    const { server, session, headers, clients } = await fixture();
    const user = clients.user();
    await settled(clients);
    server.sessions.end({ ref: session.ref }, "signed_out");
    await reached(clients.state, status("auth_required"));
    headers.cookie = server.sessions.signIn({ userId: "bob" }).cookie;
    clients.sessionChanged();
    expect(await connected(clients)).toMatchObject({ diagnosis: null });
    expect((await user.request("check_connection", {})).server_time).toEqual(expect.any(String));
    expect([...server.realtime.io.of("/").sockets.values()].map(({ data }) => data.principal.userId)).toEqual(["bob"]);
  });

  it("while the connection was lost is found out at the next attempt", async () => {
    const { server, session, headers, clients } = await fixture();
    const proxy = await startTcpProxy(() => server.port);
    onTestFinished(() => proxy.close());
    const other = connect({ origin: server.url, url: proxy.url, headers });
    other.user();
    await settled(other);
    expect(clients.state.get().status).toBe("idle");
    const lost = reached(other.state, status("reconnecting"));
    proxy.cutAll();
    await lost;
    server.sessions.end({ ref: session.ref }, "banned");
    expect((await reached(other.state, status("auth_required"))).code).toMatch(/^(not_signed_in|session_ended)$/);
  });
});

describe("a visitor without a session", () => {
  it("is asked to sign in, makes at most 3 requests a minute, and connects soon after signing in elsewhere", async () => {
    const server = await startServer();
    const proxy = await startTcpProxy(() => server.port);
    onTestFinished(() => proxy.close());
    const environment = createFakeEnvironment();
    const headers: Record<string, string> = { origin: server.url };
    const clients = connect({ origin: server.url, url: proxy.url, headers, environment });
    clients.user();
    await reached(clients.state, status("auth_required", "not_signed_in"));
    for (let minute = 0; minute < 5; minute += 1) {
      const before = proxy.seen.length;
      await environment.pass(60_000);
      expect(proxy.seen.length - before).toBeLessThanOrEqual(3);
    }
    expect(proxy.seen.every(({ target }) => target === "/realtime/client-config")).toBe(true);
    expect(clients.state.get()).toMatchObject({ status: "auth_required", code: "not_signed_in" });

    headers.cookie = server.sessions.signIn({ userId: "ada" }).cookie;
    await environment.pass(60_000);
    await passUntilConnected(environment, clients);
  });

  it("is served where the server lets guests in", async () => {
    const server = await startServer({ env: { SOCKETIO_REQUIRE_AUTH: "false" } });
    const clients = connect({ origin: server.url });
    clients.user();
    expect(await connected(clients)).toMatchObject({ code: "established" });
  });
});

describe("a role that changes", () => {
  it("closes the admin namespace of a demoted administrator, and leaves everything else connected", async () => {
    const { server, clients } = await fixture("admin");
    const user = clients.user();
    const admin = clients.admin();
    await settled(clients);
    await until(() => admin.status().status === "open");
    const seen: string[] = [];
    clients.onState((state) => void seen.push(state.status));

    server.sessions.setRole("ada", "user");
    await until(() => admin.status().status === "refused");
    expect(admin.status().diagnosis).toMatchObject({ code: "forbidden" });
    await expect(admin.request("list_tasks", {})).rejects.toMatchObject({ code: "forbidden" });
    expect(user.status()).toEqual({ status: "open", diagnosis: null });
    expect(await user.request("check_connection", {})).toHaveProperty("server_time");
    expect(new Set(seen)).toEqual(new Set(["connected"]));
    expect(server.realtime.io.of("/admin").sockets.size).toBe(0);
  });

  it("opens the admin namespace to a promoted user after sessionChanged", async () => {
    const { server, clients } = await fixture();
    const user = clients.user();
    const admin = clients.admin();
    await settled(clients);
    await until(() => admin.status().status === "refused");
    expect(admin.status().diagnosis).toMatchObject({ code: "forbidden" });
    expect(user.status().status).toBe("open");

    server.sessions.setRole("ada", "admin");
    clients.sessionChanged();
    await until(() => admin.status().status === "open" && user.status().status === "open");
    expect(await admin.request("list_tasks", {})).toMatchObject({ rows: [] });
  });

  it("refuses a client that wants nothing but the admin namespace, without a connection that can only fail", async () => {
    const { server, clients } = await fixture();
    let opened = 0;
    server.realtime.io.engine.on("connection", () => {
      opened += 1;
    });
    clients.admin();
    const state = await reached(clients.state, status("refused", "forbidden"));
    expect(state.nextAttemptAt).toBeNull();
    expect(opened).toBe(0);
  });
});
