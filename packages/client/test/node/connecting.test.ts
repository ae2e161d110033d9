/** The client in Node: it connects, says what it was given wrongly, and asks for its credentials at each attempt. */
import { transports } from "@signalbox/server/testing";
import { describe, expect, it } from "vitest";
import { type ClientOptions, type ConnectionStatus, createClients, type NamespaceClient } from "../../src/index.ts";
import { startTcpProxy } from "../browser/tcp-proxy.ts";
import {
  connect,
  connected,
  reached,
  settled,
  startRestartable,
  startServer,
  status,
  until,
} from "../support/node-clients.ts";

const socketsOf = (server: Awaited<ReturnType<typeof startServer>>, namespace = "/") => [
  ...server.realtime.io.of(namespace).sockets.values(),
];

describe.each(transports)("over %s", (transport) => {
  it("a client connects, and says so in its state", async () => {
    const server = await startServer({ env: { SOCKETIO_TRANSPORTS: transport } });
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const clients = connect({ origin: server.url, cookie });
    expect(clients.state.get()).toMatchObject({ status: "idle", code: "created" });
    const user = clients.user();
    expect(await connected(clients)).toMatchObject({ code: "established", transport, diagnosis: null, attempt: 0 });
    expect(socketsOf(server).map((socket) => socket.conn.transport.name)).toEqual([transport]);
    await reachedOpen(user);
  });

  it("both namespaces share one connection", async () => {
    const server = await startServer({ env: { SOCKETIO_TRANSPORTS: transport } });
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    const clients = connect({ origin: server.url, cookie });
    await Promise.all([reachedOpen(clients.user()), reachedOpen(clients.admin())]);
    const ids = ["/", "/admin"].flatMap((path) => socketsOf(server, path)).map((socket) => socket.client.conn);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(clients.user()).toBe(clients.user());
    expect(clients.admin()).toBe(clients.admin());
  });
});

describe("both transports", () => {
  it("a connection begins over polling and moves to WebSocket", async () => {
    const server = await startServer();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const clients = connect({ origin: server.url, cookie });
    const opened: (string | undefined)[] = [];
    server.realtime.io.engine.on("connection", ({ transport }: { transport: { name: string } }) =>
      opened.push(transport.name),
    );
    clients.user();
    expect(await settled(clients)).toMatchObject({ status: "connected", diagnosis: null });
    expect(opened).toEqual(["polling"]);
  });
});

describe("the state", () => {
  it("reaches listeners at once and at each change, and reaches loops until the client is closed", async () => {
    const server = await startServer();
    const clients = connect({ origin: server.url, cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    const heard: ConnectionStatus[] = [];
    clients.onState((state) => void heard.push(state.status));
    const looped: ConnectionStatus[] = [];
    const loop = (async () => {
      for await (const state of clients.state) looped.push(state.status);
    })();
    clients.user();
    await connected(clients);
    clients.close();
    await loop;
    expect(heard[0]).toBe("idle");
    expect(heard).toContain("connecting");
    expect(heard.at(-1)).toBe("closed");
    expect(looped.at(-1)).toBe("closed");
  });
});

describe("wrong options", () => {
  const wrong: [options: unknown, name: string][] = [
    [{ url: "app.example.com" }, "url"],
    [{ url: "ws://app.example.com" }, "url"],
    [{ url: "http://a.test", token: "secret" }, "token"],
    [{ url: "http://a.test", headers: "cookie" }, "headers"],
    [{ url: "http://a.test", share: "no" }, "share"],
    [{ url: "http://a.test", onProblem: 1 }, "onProblem"],
    [{ uri: "http://a.test" }, "uri"],
  ];

  it.each(wrong)("%j fail at once, with a sentence that names the option", (options, name) => {
    const attempt = () => createClients(options as ClientOptions);
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(new RegExp(`^createClients.*\\b${name}\\b.*\\.$`));
    expect(attempt).not.toThrow("secret");
  });
});

describe("a server that cannot be reached", () => {
  it("is down, and is tried again", async () => {
    const server = await startRestartable();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    await server.stop();
    const clients = connect({ origin: server.url, cookie });
    clients.user();
    const state = await reached(clients.state, status("reconnecting", "server_down"));
    expect(state.diagnosis).toMatchObject({ code: "server_down", retry: "backoff" });
    expect(state.nextAttemptAt).toBeGreaterThanOrEqual(state.since);
    await server.start();
    await connected(clients);
  });
});

describe("a bearer token", () => {
  it("is asked for at each attempt, so that none is stale", async () => {
    const server = await startServer();
    const proxy = await startTcpProxy(() => server.port);
    const signedIn = [1, 2].map(() => server.sessions.signIn({ userId: "ada" }));
    const tokens = signedIn.map(({ cookie }) => cookie.split("=")[1] ?? "");
    let attempt = 0;
    const clients = connect({
      ...{ origin: server.url, url: proxy.url },
      token: async () => tokens[Math.min(attempt, 1)] ?? "",
    });
    clients.user();
    await settled(clients);
    expect(socketsOf(server).map((socket) => socket.data.principal.session?.ref)).toEqual([signedIn[0]?.ref]);

    attempt = 1;
    const lost = reached(clients.state, status("reconnecting"));
    proxy.cutAll();
    await lost;
    await connected(clients);
    await proxy.close();
    expect(socketsOf(server).at(-1)?.data.principal.session?.ref).toBe(signedIn[1]?.ref);
  });
});

function reachedOpen(client: Pick<NamespaceClient<object, object>, "status" | "onStatus">): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (client.status().status === "open") resolve();
    };
    client.onStatus(look);
    look();
  });
}

it("a namespace that is left and entered again delivers each event once", async () => {
  const server = await startServer();
  const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
  const clients = connect({ origin: server.url, cookie });
  clients.user();
  const first = clients.admin();
  await reachedOpen(first);
  first.close();
  await until(() => server.realtime.io.of("/admin").sockets.size === 0);
  const second = clients.admin();
  await reachedOpen(second);
  const told: unknown[] = [];
  second.on("error", (payload) => told.push(payload));
  server.realtime.io.of("/admin").emit("error", { code: "internal", category: "server", message: "once" });
  expect(await second.request("check_connection", {})).toHaveProperty("server_time");
  expect(told).toMatchObject([{ message: "once" }]);
});
