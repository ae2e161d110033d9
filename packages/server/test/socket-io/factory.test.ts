import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { io } from "socket.io-client";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { loadConfig } from "../../src/config/load-config.ts";
import { createRealtime } from "../../src/create-realtime.ts";
import { defineNamespace, request } from "../../src/socket-io/namespaces/define-namespace.ts";
import {
  connectClient,
  createTestSessions,
  fetchClientConfig,
  refusalOf,
  startTestServer,
  transports,
} from "../../src/testing/index.ts";
import { connectPacket, openRaw } from "../hostile/raw-socket.ts";

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});
const start = async (options: Parameters<typeof startTestServer>[0] = {}) => {
  const server = await startTestServer(options);
  opened.push(server);
  return server;
};

describe("createRealtime on an existing server", () => {
  it("leaves the application's routes and upgrades to the application, before and after close()", async () => {
    const app = express().get("/hello", (_req, res) => void res.send("from the application"));
    const httpServer = createServer(app);
    opened.push({ close: () => httpServer.close() });
    await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
    const { config } = loadConfig({ NODE_ENV: "test", SOCKETIO_LOG_LEVEL: "silent" });
    const realtime = createRealtime({ httpServer, config, sessions: createTestSessions() });

    expect(await (await fetch(`${url}/hello`)).text()).toBe("from the application");
    expect((await fetch(`${url}/socket.io/x`)).status).toBe(404);
    expect((await fetch(`${url}/realtime/reachable`)).status).toBe(204);
    await realtime.close();
    expect(await (await fetch(`${url}/hello`)).text()).toBe("from the application");
    expect((await fetch(`${url}/realtime/reachable`)).status).toBe(404);
  });

  it("closes an upgrade to a path for which no listener exists", async () => {
    const server = await start();
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/elsewhere`);
    await new Promise((resolve) => socket.on("error", resolve));
    expect(socket.readyState).not.toBe(WebSocket.OPEN);
  });

  it("goes on after a client resets its connection in the middle of an upgrade", async () => {
    const server = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const socket = new WebSocket(`${server.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`, {
        headers: { Origin: server.url, Cookie: cookie },
      });
      socket.on("error", () => {});
      setImmediate(() => socket.terminate());
    }
    const client = await connectClient(server.url, { cookie });
    opened.push(client);
    expect(client.socket.connected).toBe(true);
  });

  it("upgrades a polling client to WebSocket, with order and count intact", async () => {
    const server = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const { csrf = "" } = await fetchClientConfig(server.url, { cookie });
    const socket = io(server.url, { extraHeaders: { origin: server.url, cookie }, auth: { csrf }, forceNew: true });
    opened.push(socket);
    const numbers: number[] = [];
    socket.on("count", (n: number) => numbers.push(n));
    await new Promise<void>((resolve) => socket.on("connect", resolve));
    let sent = 0;
    const timer = setInterval(() => server.realtime.io.emit("count", ++sent), 2);
    await expect.poll(() => socket.io.engine.transport.name).toBe("websocket");
    await expect.poll(() => numbers.length).toBeGreaterThan(20);
    clearInterval(timer);
    await expect.poll(() => numbers.length).toBe(sent);
    expect(numbers).toEqual(Array.from({ length: sent }, (_, index) => index + 1));
  });
});

describe("a disabled feature of Socket.IO", () => {
  it("connection state recovery: no client is given a private id, and one that names a lost session gets nothing of it", async () => {
    const server = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const connect = await connectPacket(server, cookie);
    const lost = await openRaw(server, { Cookie: cookie });
    lost.send(connect);
    const answer = await lost.next((frame) => frame.startsWith("40"));
    // With a `pid` in it a client could resume this session (Socket.IO protocol 5, "connection state recovery").
    const { sid, ...others } = JSON.parse(answer.slice(2));
    expect(others).toEqual({});
    await server.realtime.io.of("/").sockets.get(sid)?.join("secret");
    server.realtime.io.to("secret").emit("news", 1);
    await lost.next((frame) => frame.startsWith('42["news",1'));
    expect(lost.frames.at(-1)).toBe('42["news",1]');
    lost.socket.terminate();
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(0);
    server.realtime.io.to("secret").emit("news", 2);

    const back = await openRaw(server, { Cookie: cookie });
    back.send(connect.replace("{", `{"pid":"${sid}","offset":"0",`));
    await back.next((frame) => frame.includes("connection_established"));
    expect(back.frames.some((frame) => frame.includes("news"))).toBe(false);
    const [socket] = server.realtime.io.of("/").sockets.values();
    expect(socket?.recovered).toBe(false);
    expect(socket?.rooms.has("secret")).toBe(false);
  });
  it("the webtransport transport is unknown", async () => {
    const server = await start();
    const response = await fetch(`${server.url}/socket.io/?EIO=4&transport=webtransport`, {
      headers: { origin: server.url },
    });
    expect(response.status).toBe(400);
  });
});

describe("namespaces of an application", () => {
  const chat = defineNamespace({
    path: "/chat",
    access: "user",
    rooms: () => ["lobby"],
    requests: {
      say: request(z.object({ text: z.string().max(100) }), ({ text }, { principal }) => ({
        heard: `${principal.userId}: ${text}`,
      })),
    },
  });

  it.each(transports)("have typed, validated requests and default rooms, over %s", async (transport) => {
    const server = await start();
    const namespace = server.realtime.namespace(chat);
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const client = await connectClient(server.url, { cookie, namespace: "/chat", transport });
    opened.push(client);
    expect(await client.request("say", { text: "hello" })).toEqual({ ok: true, heard: "ada: hello" });
    expect((await client.request("say", { text: 5 })).error).toMatchObject({ code: "payload_invalid" });
    namespace.to("lobby").emit("news", 1);
    expect(await client.next("news")).toBe(1);
    expect((await refusalOf(server.url, { namespace: "/chat", transport })).code).toBe("session_missing");
  });

  it("cannot be opened without a guard: a namespace that was made on Socket.IO directly admits no client", async () => {
    const server = await start();
    server.realtime.io.of("/unguarded").on("connection", () => {
      throw new Error("Somebody got in.");
    });
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    expect((await refusalOf(server.url, { cookie, namespace: "/unguarded" })).code).toBe("forbidden");
  });

  it("are opened once, and have a path", async () => {
    const server = await start();
    server.realtime.namespace(chat);
    expect(() => server.realtime.namespace(chat)).toThrow("open already");
    expect(() => defineNamespace({ path: "chat", access: "user", requests: {} })).toThrow('"chat"');
  });
});

describe("authorize, for routes of the application", () => {
  it("demands session and, for methods that change something, the CSRF token", async () => {
    const server = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const { csrf = "" } = await fetchClientConfig(server.url, { cookie });
    const ask = (method: string, headers: Record<string, string>): Promise<string> => {
      const req = {
        method,
        headers,
        rawHeaders: Object.entries(headers).flat(),
        socket: { remoteAddress: "127.0.0.1" },
      };
      return server.realtime.authorize(req as never).then(
        ({ userId }) => userId,
        (error) => error.code,
      );
    };
    const own = { origin: server.url, cookie };
    expect(await ask("GET", own)).toBe("ada");
    expect(await ask("POST", own)).toBe("csrf_invalid");
    expect(await ask("POST", { ...own, "x-csrf-token": csrf })).toBe("ada");
    expect(await ask("GET", { origin: server.url })).toBe("session_missing");
    expect(await ask("POST", { ...own, origin: "https://evil.example", "x-csrf-token": csrf })).toBe("origin_refused");
  });
});

it("a middleware that an application adds to a socket sees its events before the event dispatcher does", async () => {
  const server = await start();
  const seen: unknown[] = [];
  server.realtime.io.of("/").use((socket, next) => {
    socket.use(([name], pass) => {
      seen.push(name);
      pass();
    });
    next();
  });
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const client = await connectClient(server.url, { cookie });
  opened.push(client);
  expect(await client.request("check_connection", {})).toMatchObject({ ok: true });
  expect(seen).toEqual(["check_connection"]);
});
