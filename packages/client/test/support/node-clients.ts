/** Clients in Node against a server of the test's own; everything is closed when the test is over. */
import { createServer, type Server as HttpServer } from "node:http";
import { createRealtime, loadConfig, type Realtime } from "@signalbox/server";
import {
  afterOwnTime,
  createTestSessions,
  startTestServer,
  type TestServer,
  type TestSessions,
} from "@signalbox/server/testing";
import { expect, onTestFinished } from "vitest";
import { freePort } from "../../../../scripts/services/free-port.ts";
import type { ConnectionState } from "../../src/connection-state.ts";
import { type ClientOptions, type Clients, createClients } from "../../src/index.ts";
import type { Observable } from "../../src/observable.ts";
import type { FakeEnvironment } from "./fake-environment.ts";

export async function startServer(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  onTestFinished(() => server.close());
  return server;
}

export interface ConnectOptions extends ClientOptions {
  cookie?: string;
  origin: string;
}

/** Headers are read at each attempt: a test that changes `headers.cookie` signs in anew. */
export function connect({ cookie, origin, url = origin, ...options }: ConnectOptions): Clients {
  const headers = options.headers ?? { origin, ...(cookie !== undefined && { cookie }) };
  const clients = createClients({ url, share: false, ...options, headers });
  onTestFinished(() => clients.close());
  return clients;
}

/** The first value, present or to come, that satisfies a condition; rejects after `withinMs` of the test's own time. */
export function reached<Value>(
  source: Observable<Value>,
  matches: (value: Value) => boolean,
  withinMs = 20_000,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = afterOwnTime(withinMs, () => {
      stop();
      reject(new Error(`Not reached within ${withinMs} ms; at last: ${JSON.stringify(source.get())}.`));
    });
    const stop = source.subscribe(look);
    look(source.get());
    function look(value: Value): void {
      if (!matches(value)) return;
      cancel();
      stop();
      resolve(value);
    }
  });
}

export const status = (wanted: ConnectionState["status"], code?: ConnectionState["code"]) => (state: ConnectionState) =>
  state.status === wanted && (code === undefined || state.code === code);

export const connected = (clients: Clients, withinMs?: number): Promise<ConnectionState> =>
  reached(clients.state, status("connected"), withinMs);

/**
 * Turns the clock until the client is connected. Its attempts take real time: on a busy machine one more may have failed,
 * and the next one is due later than planned.
 */
export async function passUntilConnected(environment: FakeEnvironment, clients: Clients): Promise<void> {
  const options = { interval: 250, timeout: 60_000 };
  const isConnected = async () => {
    if (clients.state.get().status !== "connected") await environment.pass(1000);
    return clients.state.get().status;
  };
  await expect.poll(isConnected, options).toBe("connected");
}

/** Connected, and moved to WebSocket: what is cut from now on is not an upgrade. */
export const settled = (clients: Clients): Promise<ConnectionState> =>
  reached(clients.state, (state) => state.status === "connected" && state.transport === "websocket");

/** Resolves as soon as the condition holds; looks at each turn of the event loop. */
export async function until(condition: () => boolean, withinMs = 20_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Did not come true within ${withinMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A server that can end and come back at the same address, with the sessions that it had. */
export interface RestartableServer {
  readonly url: string;
  readonly sessions: TestSessions;
  readonly realtime: Realtime;
  /** Drains, as a deployment does. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startRestartable(env: Record<string, string> = {}): Promise<RestartableServer> {
  const sessions = createTestSessions();
  let running: { http: HttpServer; realtime: Realtime } | undefined;
  const port = await freePort();

  async function start(): Promise<void> {
    const http = createServer((_req, res) => res.writeHead(404).end());
    await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
    const { config } = loadConfig({ NODE_ENV: "test", HOST: "127.0.0.1", PORT: String(port), ...env });
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    running = { http, realtime: createRealtime({ httpServer: http, config, sessions, logger: silent }) };
  }

  async function stop(): Promise<void> {
    if (running === undefined) return;
    const { http, realtime } = running;
    running = undefined;
    await realtime.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  }

  await start();
  onTestFinished(stop);
  return {
    url: `http://127.0.0.1:${port}`,
    sessions,
    get realtime() {
      if (running === undefined) throw new Error("The server is stopped.");
      return running.realtime;
    },
    stop,
    start,
  };
}
