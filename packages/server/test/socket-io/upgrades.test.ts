/**
 * Upgrades that are not for this server: ignored (RFC 9110 section 7.8), or left to the application's own listeners.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { loadConfig } from "../../src/config/load-config.ts";
import { createRealtime } from "../../src/create-realtime.ts";
import {
  connectClient,
  createTestSessions,
  type RawHeaders,
  rawRequest,
  sendRaw,
  upgradeHeaders,
} from "../../src/testing/index.ts";
import { makeCertificate } from "../tls/make-certificate.ts";

/** The headers that curl --http2 sends. */
const h2c: RawHeaders = [
  ["Connection", "Upgrade, HTTP2-Settings"],
  ["Upgrade", "h2c"],
  ["HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA"],
];
const foo: RawHeaders = [
  ["Connection", "upgrade"],
  ["Upgrade", "foo/2"],
];

/** Answers with the method and the body of the request. */
const application: RequestListener = async (req, res) => {
  let body = "";
  for await (const chunk of req) body += chunk;
  res.end(`${req.method} ${req.url} ${body}`);
};

async function start(httpServer: Server = createServer(application), env: Record<string, string> = {}) {
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  const { port } = httpServer.address() as AddressInfo;
  const { config } = loadConfig({ NODE_ENV: "test", HOST: "127.0.0.1", PORT: String(port), ...env });
  const lines: unknown[] = [];
  const record = (fields: object): void => void lines.push(fields);
  const logger = { debug: record, info: record, warn: record, error: record };
  const sessions = createTestSessions();
  const realtime = createRealtime({ httpServer, config, sessions, logger });
  onTestFinished(async () => {
    await realtime.close();
    httpServer.closeAllConnections?.();
    httpServer.close();
  });
  return { httpServer, port, url: `http://127.0.0.1:${port}`, realtime, sessions, lines };
}

const polling = "/socket.io/?EIO=4&transport=polling";
const kinds = [
  ["h2c", h2c],
  ["foo/2", foo],
  ["websocket", upgradeHeaders],
] as const;

describe.each(kinds)("a request with Upgrade: %s", (_kind, headers) => {
  it.each([
    ["/livez", 200, "ok"],
    ["/realtime/reachable", 204, ""],
    ["/realtime/client-config", 200, "transports"],
    ["/realtime/tasks/none", 401, "session_missing"],
    ["/of-the-application", 200, "GET /of-the-application"],
  ])("is answered on %s as if it had no Upgrade header", async (path, status, text) => {
    const { port } = await start();
    const answer = await sendRaw(port, rawRequest("GET", path, headers));
    expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(text)]);
  });

  it("keeps its body, and the connection goes on", async () => {
    const { port } = await start();
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    const text = textFrom(socket);
    socket.write(rawRequest("POST", "/first", headers, "a body"));
    await expect.poll(text).toContain("POST /first a body");
    socket.write(rawRequest("POST", "/second", [["Transfer-Encoding", "chunked"], ...headers]));
    socket.write("5\r\nparts\r\n");
    socket.write("3\r\n of\r\n0\r\n\r\n");
    await expect.poll(text).toContain("POST /second parts of");
    socket.write(rawRequest("GET", "/third", headers) + rawRequest("GET", "/fourth", headers));
    await expect.poll(text).toContain("GET /fourth");
    expect(text()).toContain("GET /third");
  });
});

describe.each(kinds)("a polling request with Upgrade: %s", (_kind, headers) => {
  it.each([{}, { SOCKETIO_TRANSPORTS: "polling" }])(
    "opens a connection and brings packets, on one TCP connection, with %j",
    async (env) => {
      const { port } = await start(undefined, env);
      const socket = connect(port, "127.0.0.1");
      onTestFinished(() => void socket.destroy());
      const text = textFrom(socket);
      socket.write(rawRequest("GET", polling, headers));
      await expect.poll(text).toMatch(/"sid":"[^"]+"/);
      const sid = /"sid":"([^"]+)"/.exec(text())?.[1];
      socket.write(rawRequest("POST", `${polling}&sid=${sid}`, headers, "40"));
      await expect.poll(text).toMatch(/\r\n\r\nok/);
    },
  );
});

it("upgrades that are ignored are one connection to an application that counts connections", async () => {
  const { port, httpServer } = await start();
  let connections = 0;
  httpServer.on("connection", () => {
    connections += 1;
  });
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const text = textFrom(socket);
  for (const path of ["/first", "/second", "/third"]) {
    socket.write(rawRequest("GET", path, h2c));
    await expect.poll(text).toContain(path);
  }
  expect(connections).toBe(1);
});

it("a WebSocket of ours whose request has a body is refused", async () => {
  const { port } = await start();
  const target = "/socket.io/?EIO=4&transport=websocket";
  expect(await sendRaw(port, rawRequest("GET", target, upgradeHeaders, "body"))).toMatchObject({ status: 400 });
});

it("an upgrade that follows an unanswered request waits for its answer", async () => {
  const slow = Promise.withResolvers<ServerResponse>();
  const { port } = await start(
    createServer((req, res) => (req.url === "/slow" ? slow.resolve(res) : application(req, res))),
  );
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const text = textFrom(socket);
  socket.write(rawRequest("GET", "/slow") + rawRequest("POST", "/next", h2c, "a body"));
  (await slow.promise).end("slow answer");
  await expect.poll(text).toContain("POST /next a body");
  expect(text().indexOf("slow answer")).toBeLessThan(text().indexOf("POST /next"));
});

it("a request whose body may no longer be found is refused: Node drops headers above a limit", async () => {
  const { port } = await start();
  const many: RawHeaders = Array.from({ length: 1200 }, (_each, n) => [`x${n}`, "1"] as const);
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const text = textFrom(socket);
  const smuggled = rawRequest("GET", "/smuggled");
  socket.write(rawRequest("POST", "/outer", [...h2c, ...many], smuggled));
  await once(socket, "close");
  expect(text()).toMatch(/^HTTP\/1.1 431 /);
  expect(text()).not.toContain("smuggled");
});

it.each([
  ["https", (options: object) => createTlsServer(options, application)],
  [
    "http2 with allowHTTP1",
    (options: object) => createSecureServer({ ...options, allowHTTP1: true }, application as never),
  ],
])("is ignored over TLS as well, on a server of node:%s", async (_kind, createServerWith) => {
  const { cert, key, remove } = makeCertificate("upgrade");
  onTestFinished(remove);
  const options = { cert: readFileSync(cert), key: readFileSync(key) };
  const { port } = await start(createServerWith(options) as unknown as Server);
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  onTestFinished(() => void socket.destroy());
  const text = textFrom(socket);
  socket.write(rawRequest("POST", "/over-tls", h2c, "a body"));
  await expect.poll(text).toContain("POST /over-tls a body");
  socket.write(rawRequest("GET", "/without-body", h2c));
  await expect.poll(text).toContain("GET /without-body");
});

describe("beside an application with WebSockets of its own", () => {
  const echo = (options: ConstructorParameters<typeof WebSocketServer>[0]): WebSocketServer =>
    new WebSocketServer(options).on("connection", (socket) =>
      socket.on("message", (data) => socket.send(String(data))),
    );

  async function echoed(url: string): Promise<string> {
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
    onTestFinished(() => socket.terminate());
    await once(socket, "open");
    socket.send("hello");
    const [data] = await once(socket, "message");
    return String(data);
  }

  it.each(["before", "after"] as const)("added %s createRealtime, both are served", async (when) => {
    const httpServer = createServer(application);
    const add = () => echo({ server: httpServer, path: "/ws" });
    if (when === "before") add();
    const { url, port, sessions } = await start(httpServer);
    if (when === "after") add();
    const { cookie } = sessions.signIn({ userId: "ada" });
    const client = await connectClient(url, { cookie, transport: "websocket" });
    onTestFinished(() => client.close());
    expect(client.socket.connected).toBe(true);
    expect(await echoed(url)).toBe("hello");
    // The server answers its own upgrades whatever the application's listener would say; the others are left to the
    // listener.
    expect((await sendRaw(port, rawRequest("GET", "/livez", h2c))).status).toBe(200);
    expect((await sendRaw(port, rawRequest("GET", "/other", upgradeHeaders))).status).toBe(400);
    // No listener accepts h2c, and many clients request it.
    expect((await sendRaw(port, rawRequest("POST", "/other", h2c, "a body"))).body).toBe("POST /other a body");
  });

  it("an upgrade to an application's route is ignored once those WebSockets are closed", async () => {
    const httpServer = createServer(application);
    const { port } = await start(httpServer);
    echo({ server: httpServer, path: "/ws" }).close();
    expect((await sendRaw(port, rawRequest("GET", "/other", upgradeHeaders))).status).toBe(200);
  });

  it("leaves the server as it was found after close()", async () => {
    const httpServer = createServer(application);
    const { shouldUpgradeCallback: before } = httpServer as { shouldUpgradeCallback?: unknown };
    const { realtime, port } = await start(httpServer);
    await realtime.close();
    expect(httpServer.listenerCount("upgrade")).toBe(0);
    expect(Object.hasOwn(httpServer, "emit")).toBe(false);
    expect((httpServer as { shouldUpgradeCallback?: unknown }).shouldUpgradeCallback).toBe(before);
    expect((await sendRaw(port, rawRequest("GET", "/livez", h2c))).body).toBe("GET /livez ");
  });
});

describe("beside a library that wraps emit of the server", () => {
  function wrap(httpServer: Server): string[] {
    const seen: string[] = [];
    const { emit } = httpServer;
    httpServer.emit = ((event: string, ...args: unknown[]) => {
      seen.push(event);
      return Reflect.apply(emit, httpServer, [event, ...args]);
    }) as typeof emit;
    return seen;
  }

  it.each(["before", "after"] as const)(
    "a wrapper that is added %s createRealtime works, and stays after close()",
    async (when) => {
      const httpServer = createServer(application);
      const early = when === "before" ? wrap(httpServer) : undefined;
      const { realtime, port } = await start(httpServer);
      const seen = early ?? wrap(httpServer);
      const opened = await sendRaw(port, rawRequest("GET", "/socket.io/?EIO=4&transport=websocket", upgradeHeaders));
      expect(opened.status).toBe(101);
      expect((await sendRaw(port, rawRequest("GET", "/one", h2c))).body).toBe("GET /one ");
      await realtime.close();
      seen.length = 0;
      expect((await sendRaw(port, rawRequest("GET", "/two", h2c))).body).toBe("GET /two ");
      expect(seen).toContain("request");
    },
  );
});

describe("headersTimeout of the application's server", () => {
  const limits = { headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 50 };

  it.each([
    ["a request", "GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: "],
    ["a request after an ignored upgrade", `${rawRequest("GET", "/livez", h2c)}GET /livez HTTP/1.1\r\nX-Slow: `],
  ])("closes a connection that does not finish the headers of %s, and keeps WebSockets", async (_what, bytes) => {
    const { port, url, sessions } = await start(createServer(limits, application));
    const { cookie } = sessions.signIn({ userId: "ada" });
    const client = await connectClient(url, { cookie, transport: "websocket" });
    onTestFinished(() => client.close());
    const socket = connect(port, "127.0.0.1");
    const text = textFrom(socket);
    socket.write(bytes);
    await once(socket, "close");
    expect(text()).toContain("HTTP/1.1 408 ");
    expect(await client.request("leave_task", { task_id: "none" })).toEqual({ ok: true });
  });
});

describe("the path of the Socket.IO endpoint", () => {
  it.each([
    ["/socket.io", {}],
    ["/socket.io/", {}],
    ["/app/live", { SOCKETIO_PATH: "/app/live/" }],
    ["/app/live/", { SOCKETIO_PATH: "/app/live" }],
  ] as [string, Record<string, string>][])("%s is served for requests and upgrades", async (path, env) => {
    const { port } = await start(undefined, env);
    const close: RawHeaders = [["Connection", "close"]];
    const opened = await sendRaw(port, rawRequest("GET", `${path}?EIO=4&transport=polling`, close));
    expect(opened.body).toMatch(/^0\{"sid"/);
    const upgraded = await sendRaw(port, rawRequest("GET", `${path}?EIO=4&transport=websocket`, upgradeHeaders));
    expect(upgraded.status).toBe(101);
    const other = await sendRaw(port, rawRequest("GET", `${path}x?EIO=4&transport=polling`, close));
    expect(other.body).toContain("GET /");
  });
});

describe("another protocol than Engine.IO 4", () => {
  it.each(["EIO=3&", "", "EIO=5&", "EIO=4x&"])("with %j is refused with 400 and a code, and recorded", async (eio) => {
    const { port, lines } = await start();
    const request = `/socket.io/?${eio}transport=`;
    const polled = await sendRaw(port, rawRequest("GET", `${request}polling`, [["Connection", "close"]]));
    const upgraded = await sendRaw(port, rawRequest("GET", `${request}websocket`, upgradeHeaders));
    for (const { status, body } of [polled, upgraded]) {
      expect(status).toBe(400);
      expect(JSON.parse(body).error).toMatchObject({ code: "payload_invalid", hint: expect.stringContaining("EIO=4") });
    }
    const recorded = expect.objectContaining({ type: "payload_invalid", code: "payload_invalid" });
    expect(lines).toContainEqual(expect.objectContaining({ security: recorded }));
    const metrics = await sendRaw(port, rawRequest("GET", "/metrics", [["Connection", "close"]]));
    expect(metrics.body).toContain('signalbox_refusals_total{code="payload_invalid"} 2');
  });
});

function textFrom(socket: Socket): () => string {
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}
