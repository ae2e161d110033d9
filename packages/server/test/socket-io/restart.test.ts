/** A restart: plain Socket.IO clients, which know nothing of `server_draining`, reconnect by themselves. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { io } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  createTestSessions,
  startTestServer,
  type TestServer,
  type TestSessions,
  transports,
} from "../../src/testing/index.ts";

const guests = { SOCKETIO_REQUIRE_AUTH: "false" };

/** A server, and another one on the same port once it has closed. */
async function startRestartable(env: Record<string, string> = guests, sessions: TestSessions = createTestSessions()) {
  let server: TestServer = await startTestServer({ env, sessions });
  onTestFinished(() => server.close());
  const { url, port } = server;
  return {
    url,
    current: () => server,
    async restart() {
      await server.close();
      server = await startTestServer({ env, sessions, port });
    },
  };
}

describe.each(transports)("over %s", (transport) => {
  /** socket.io-client with its defaults, but for shorter delays. */
  function connectPlain(url: string, namespace = "") {
    const socket = io(`${url}${namespace}`, {
      transports: [transport],
      extraHeaders: { origin: url },
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
    });
    onTestFinished(() => void socket.close());
    return socket;
  }

  it.each([
    ["without a drain window", guests],
    ["within a drain window", { ...guests, SIGNALBOX_DRAIN_WINDOW: "1" }],
  ])("a plain JavaScript client reconnects after a restart, %s", async (_what, env) => {
    const { url, restart } = await startRestartable(env);
    const socket = connectPlain(url);
    const told: string[] = [];
    const reasons: string[] = [];
    socket.onAny((event: string) => told.push(event));
    socket.on("disconnect", (reason) => reasons.push(reason));
    await expect.poll(() => told).toEqual(["connection_established"]);
    await restart();
    await expect.poll(() => told).toEqual(["connection_established", "server_draining", "connection_established"]);
    expect(reasons).not.toContain("io server disconnect");
    expect(socket.connected).toBe(true);
  });

  it("a plain client that asks to be let in while the server closes comes back", async () => {
    const sessions = createTestSessions();
    const { url, current, restart } = await startRestartable({ SIGNALBOX_SESSION_CACHE: "0" }, sessions);
    const { cookie } = sessions.signIn({ userId: "ada" });
    const { resolve } = sessions;
    const asked = Promise.withResolvers<void>();
    const found = Promise.withResolvers<void>();
    sessions.resolve = async (credential) => {
      asked.resolve();
      await found.promise;
      return resolve(credential);
    };
    const socket = io(url, {
      transports: [transport],
      extraHeaders: { origin: url, cookie },
      auth: { csrf: "none" },
      forceNew: true,
      reconnectionDelay: 50,
    });
    onTestFinished(() => void socket.close());
    const refused: string[] = [];
    socket.on("connect_error", ({ message }) => refused.push(message));
    await asked.promise;
    const closed = current().realtime.close();
    found.resolve();
    await closed;
    expect(refused).not.toContain("server_draining");
    await restart();
    // The client has reconnected: the new server has judged its CSRF token, and this client has no valid one.
    await expect.poll(() => refused).toContain("csrf_invalid");
  });

  it("a plain client that comes while the session store is down is let in once that is up again", async () => {
    const server = await startTestServer({ env: { SIGNALBOX_SESSION_CACHE: "0", SOCKETIO_CSRF_PROTECTION: "false" } });
    onTestFinished(() => server.close());
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    server.sessions.setHealth("failing");
    const socket = io(server.url, {
      transports: [transport],
      extraHeaders: { origin: server.url, cookie },
      forceNew: true,
      reconnectionDelay: 50,
    });
    onTestFinished(() => void socket.close());
    let attempts = 0;
    socket.io.on("reconnect_attempt", () => {
      attempts += 1;
    });
    await expect.poll(() => attempts).toBeGreaterThan(0);
    expect(socket.connected).toBe(false);
    server.sessions.setHealth("ok");
    await expect.poll(() => socket.connected).toBe(true);
  });

  it("a client that is closed for what it sent may come back", async () => {
    const { url } = await startRestartable({
      ...guests,
      SOCKETIO_RATE_LIMITING: "false",
      SIGNALBOX_PENALTIES: "false",
    });
    const socket = connectPlain(url);
    const reasons: string[] = [];
    socket.on("disconnect", (reason) => reasons.push(reason));
    await expect.poll(() => socket.connected).toBe(true);
    for (let sent = 0; sent < 60; sent += 1) socket.emit("nope", {});
    await expect.poll(() => reasons.length).toBe(1);
    expect(reasons).not.toContain("io server disconnect");
    await expect.poll(() => socket.connected).toBe(true);
  });

  it("a Python client reconnects after a restart", async () => {
    const { url, restart } = await startRestartable();
    const lines = startPython(url, transport);
    await expect.poll(() => lines).toEqual(["connection_established"]);
    await restart();
    await expect
      .poll(() => lines, { timeout: 20_000 })
      .toEqual(["connection_established", "server_draining", "connection_established"]);
  });
});

/** Debian's python3-socketio with its defaults; returns the events that it has received. */
function startPython(url: string, transport: string): string[] {
  const program = fileURLToPath(new URL("plain-client.py", import.meta.url));
  const client: ChildProcess = spawn("/usr/bin/python3", [program, url, transport], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    client.kill("SIGKILL");
    if (client.exitCode === null && client.signalCode === null) await once(client, "exit");
  });
  const lines: string[] = [];
  if (client.stdout !== null) createInterface({ input: client.stdout }).on("line", (line) => lines.push(line));
  return lines;
}
