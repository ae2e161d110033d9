/** An application with its pages and the layer on one origin, behind the proxy. */
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { createRealtime, loadConfig, type Realtime } from "@signalbox/server";
import { createTestSessions, type TestSessions } from "@signalbox/server/testing";
import { freePort } from "../../../../scripts/services/free-port.ts";
import { bundlePage } from "../support/bundle-page.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

export interface Site {
  /** The address of its pages: the proxy's. */
  readonly url: string;
  readonly proxy: TcpProxy;
  readonly sessions: TestSessions;
  /** The layer that runs at present. */
  readonly realtime: Realtime;
  /** Connections that are open on the server. */
  connections(): number;
  /** The process dies: it notifies no client, and nothing listens any more. */
  kill(): Promise<void>;
  /** The operator stops it: it notifies the clients first. */
  stop(): Promise<void>;
  /** Starts it again at the same address with the same sessions; its settings may differ. */
  start(env?: Record<string, string>): Promise<void>;
  close(): Promise<void>;
}

interface RunningServer {
  readonly realtime: Realtime;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const document = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>A page</title>
    <link rel="icon" href="data:,">
    <script type="module" src="/page.js"></script>
  </head>
  <body>
    <connection-status></connection-status>
    <p id="sentence"></p>
  </body>
</html>`;

let script: Promise<string> | undefined;

const bundle = (): Promise<string> => bundlePage(fileURLToPath(new URL("page.ts", import.meta.url)));

/** Answers with the pages. Also stands for any other site that shows the same page. */
export async function createPages(): Promise<Server> {
  script ??= bundle();
  const files: Record<string, readonly [type: string, body: string]> = {
    "/": ["text/html", document],
    "/page.js": ["text/javascript", await script],
    "/elsewhere": ["text/html", "<!doctype html><title>Elsewhere</title><p>Another page.</p>"],
  };
  return createServer(({ url = "" }, response) => {
    const file = files[url.split("?", 1)[0] ?? ""];
    if (file === undefined) return void response.writeHead(404).end("Not found");
    response.writeHead(200, { "Content-Type": `${file[0]}; charset=utf-8` }).end(file[1]);
  });
}

export async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Cookies know no ports: sites of one test share theirs, and need no more than one visitor each. */
export async function startSite(env: Record<string, string> = {}): Promise<Site> {
  const sessions = createTestSessions();
  let port = await freePort();
  const proxy = await startTcpProxy(() => port);
  let running: RunningServer | undefined;

  async function start(changed: Record<string, string> = {}): Promise<void> {
    const httpServer = await createPages();
    const sockets = new Set<Socket>();
    httpServer.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    port = await listen(httpServer, port);
    const { config } = loadConfig({
      ...{ NODE_ENV: "test", HOST: "127.0.0.1", PORT: String(port) },
      SOCKETIO_CORS_ORIGINS: proxy.url,
      SOCKETIO_RECONNECTION_DELAY: "200",
      SOCKETIO_RECONNECTION_DELAY_MAX: "1000",
      SOCKETIO_LOG_LEVEL: "silent",
      ...env,
      ...changed,
    });
    const realtime = createRealtime({ httpServer, config, sessions });
    const end = async (): Promise<void> => {
      const closed = new Promise<void>((resolve) => httpServer.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    };
    running = {
      realtime,
      async kill() {
        await end();
        await realtime.close();
      },
      async stop() {
        await realtime.close();
        await end();
      },
    };
  }

  async function finish(how: "kill" | "stop"): Promise<void> {
    const server = running;
    running = undefined;
    await server?.[how]();
  }

  function present(): RunningServer {
    if (running === undefined) throw new Error("The server does not run.");
    return running;
  }

  await start();
  return {
    url: proxy.url,
    proxy,
    sessions,
    get realtime() {
      return present().realtime;
    },
    connections: () => present().realtime.io.engine.clientsCount,
    kill: () => finish("kill"),
    stop: () => finish("stop"),
    start,
    async close() {
      await proxy.close();
      await finish("kill");
    },
  };
}
