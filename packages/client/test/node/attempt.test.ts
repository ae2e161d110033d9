/** One connection, from its opening to its end, against a real server. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ClientConfig } from "@signalbox/protocol";
import { fetchClientConfig, transports } from "@signalbox/server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Attempt, openAttempt } from "../../src/attempt.ts";
import { webSocketWorks } from "../../src/recovery/websocket-trial.ts";
import { createFakeEnvironment } from "../support/fake-environment.ts";
import { startServer, until } from "../support/node-clients.ts";
import { manualEnvironment } from "../unit/manual-environment.ts";

type Listeners = Parameters<typeof openAttempt>[0]["on"];
type Transport = "polling" | "websocket";
type Server = Awaited<ReturnType<typeof startServer>>;

const handshakeOf = (server: Server, role: "user" | "admin" = "user") => {
  const { cookie } = server.sessions.signIn({ userId: "ada", role });
  return { origin: server.url, cookie };
};

async function open(
  server: Server,
  more: Partial<Parameters<typeof openAttempt>[0]> = {},
  headers: Record<string, string> = handshakeOf(server),
) {
  const config = await fetchClientConfig(server.url, headers);
  const told: string[] = [];
  const evidence: unknown[] = [];
  const on: Listeners = {
    entered: (namespace) => told.push(`entered ${namespace}`),
    refused: (namespace, { code }) => told.push(`refused ${namespace} ${code}`),
    left: (namespace) => told.push(`left ${namespace}`),
    event: (namespace, event) => told.push(`event ${namespace} ${event}`),
    upgraded: (transport) => told.push(`upgraded ${transport}`),
    upgradeFailed: () => told.push("upgrade failed"),
    down(found) {
      told.push("down");
      evidence.push(found);
    },
  };
  const attempt = openAttempt({
    ...{ url: server.url, config, transports: ["websocket"], namespaces: ["/"], headers, on },
    auth: async () => ({ ...(config.csrf !== undefined && { csrf: config.csrf }) }),
    ...more,
  });
  onTestFinished(() => attempt.close());
  const has = (line: string) => until(() => told.includes(line));
  return { attempt, told, evidence, has, config };
}

const request = (attempt: Attempt, namespace: string, event: string) =>
  new Promise<unknown>((resolve) => attempt.emit(namespace, event, {}, resolve));

describe.each(transports)("over %s", (transport: Transport) => {
  it("a connection enters namespaces, reports their events, answers requests, and reports nothing when it is closed", async () => {
    const server = await startServer();
    const { attempt, told, has } = await open(server, { transports: [transport] }, handshakeOf(server, "admin"));
    await attempt.opened;
    await has("entered /");
    expect(attempt.transport()).toBe(transport);
    await has("event / connection_established");
    attempt.add("/admin");
    await has("entered /admin");
    expect(await request(attempt, "/admin", "check_connection")).toMatchObject({ ok: true });
    attempt.remove("/admin");
    await until(() => server.realtime.io.of("/admin").sockets.size === 0);
    attempt.add("/admin");
    await until(() => server.realtime.io.of("/admin").sockets.size === 1);
    expect(await request(attempt, "/admin", "check_connection")).toMatchObject({ ok: true });
    expect(told.filter((line) => line === "entered /admin")).toHaveLength(2);
    const before = told.length;
    attempt.close();
    await until(() => server.realtime.io.engine.clientsCount === 0);
    expect(told.slice(before)).toEqual([]);
  });

  it("a connection reports a namespace that the server closes, enters it again, and goes down once", async () => {
    const server = await startServer();
    const headers = handshakeOf(server, "admin");
    const { attempt, told, evidence, has } = await open(
      server,
      { transports: [transport], namespaces: ["/", "/admin"] },
      headers,
    );
    await Promise.all([has("entered /"), has("entered /admin")]);
    server.realtime.io.of("/admin").disconnectSockets();
    await has("left /admin");
    attempt.add("/admin");
    await until(() => told.filter((line) => line === "entered /admin").length === 2);
    for (const { conn } of server.realtime.io.of("/").sockets.values()) conn.close();
    await has("down");
    await new Promise((resolve) => setImmediate(resolve));
    expect(evidence).toEqual([{ transport }]);
    expect(told.filter((line) => line.startsWith("left"))).toEqual(["left /admin"]);
  });

  it("a connection reports the server's refusal of a namespace before its own end", async () => {
    const server = await startServer();
    const { told, has } = await open(server, { transports: [transport], namespaces: ["/admin"] });
    await has("refused /admin forbidden");
    expect(told).not.toContain("entered /admin");
  });
});

it("a connection reports a namespace that a guard refuses without Signalbox's form as another protocol", async () => {
  const server = await startServer();
  server.realtime.io.of("/").use((_socket, next) => next(new Error("go away")));
  const { has } = await open(server);
  await has("refused / protocol_mismatch");
});

it("a connection reports a namespace for which the application has no token", async () => {
  const server = await startServer();
  const { has, told } = await open(server, { auth: () => Promise.reject(new Error("no token")) });
  await has("refused / token_unavailable");
  expect(told).not.toContain("entered /");
});

it("a connection reports the move from polling to WebSocket", async () => {
  const server = await startServer();
  const { attempt, has } = await open(server, { transports: ["polling", "websocket"] });
  await has("upgraded websocket");
  expect(attempt.transport()).toBe("websocket");
});

it("a failed connection carries the server's refusal of the handshake as its evidence", async () => {
  const server = await startServer();
  const headers = handshakeOf(server);
  const config = await fetchClientConfig(server.url, headers);
  const down = Promise.withResolvers<unknown>();
  const attempt = openAttempt({
    ...{ url: server.url, config, transports: ["polling"], namespaces: ["/"], auth: async () => ({}) },
    ...{ headers: { ...headers, origin: "http://elsewhere.test" }, on: { down: down.resolve } },
  });
  onTestFinished(() => attempt.close());
  expect(await down.promise).toMatchObject({ transport: "polling", refusal: { code: "origin_refused" } });
});

it.each([
  [503, "<html>", { transport: "polling", status: 503 }],
  [404, '{"error":"none"}', { transport: "polling", status: 404 }],
])("a failed connection carries a foreign status of %i as its evidence", async (status, body, evidence) => {
  const http = createServer((_req, res) => res.writeHead(status).end(body));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void http.close());
  const down = Promise.withResolvers<unknown>();
  const attempt = openAttempt({
    ...{ url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, headers: {}, auth: async () => ({}) },
    ...{ config: { path: "/socket.io" } as ClientConfig, transports: ["polling"], namespaces: ["/"] },
    on: { down: down.resolve },
  });
  onTestFinished(() => attempt.close());
  expect(await down.promise).toEqual(evidence);
});

it("a failed connection without any answer carries nothing but the transport as its evidence", async () => {
  const down = Promise.withResolvers<unknown>();
  const attempt = openAttempt({
    ...{ url: "http://127.0.0.1:1", headers: {}, auth: async () => ({}), namespaces: ["/"] },
    ...{ config: { path: "/socket.io" } as ClientConfig, transports: ["polling"] },
    on: { down: down.resolve },
  });
  onTestFinished(() => attempt.close());
  expect(await down.promise).toEqual({ transport: "polling" });
});

describe("the trial of WebSocket", () => {
  it("succeeds where a WebSocket opens, enters no namespace, and leaves no connection", async () => {
    const server = await startServer();
    const headers = handshakeOf(server);
    const config = await fetchClientConfig(server.url, headers);
    const entered: string[] = [];
    server.realtime.io.of("/").on("connection", ({ id }) => entered.push(id));
    expect(await webSocketWorks(server.url, config, headers, createFakeEnvironment())).toBe(true);
    await until(() => server.realtime.io.engine.clientsCount === 0);
    expect(entered).toEqual([]);
  });

  it("fails where the server refuses it", async () => {
    const server = await startServer();
    const config = await fetchClientConfig(server.url, handshakeOf(server));
    const headers = { origin: "http://elsewhere.test" };
    expect(await webSocketWorks(server.url, config, headers, createFakeEnvironment())).toBe(false);
  });

  it("fails after three seconds without an answer", async () => {
    const http = createServer(() => {});
    http.on("upgrade", () => {});
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      http.closeAllConnections();
      http.close();
    });
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const environment = manualEnvironment();
    const outcome: boolean[] = [];
    const config = { path: "/socket.io" } as ClientConfig;
    const done = webSocketWorks(url, config, {}, environment).then((works) => outcome.push(works));
    environment.advance(2999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(outcome).toEqual([]);
    environment.advance(1);
    await done;
    expect(outcome).toEqual([false]);
  });
});
