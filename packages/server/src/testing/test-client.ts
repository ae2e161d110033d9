import type { ClientConfig, RefusalMessage } from "@signalbox/protocol";
import { io, type Socket } from "socket.io-client";
import { afterOwnTime } from "./own-time.ts";

/** The transport by which a connection is opened; tests name it, so that none falls back unnoticed. */
export type Transport = "polling" | "websocket";

/** Both transports: most rules hold on each, and are tested on each. */
export const transports: readonly Transport[] = ["polling", "websocket"];

/** A socket that queues what it receives, so that no event is missed between two awaits. */
export interface TestClient {
  readonly socket: Socket;
  /**
   * The next event of this name, received already or yet to come. Rejects after `withinMs` (10,000). The time for which
   * a busy machine gave the test no core does not count.
   */
  // biome-ignore lint/suspicious/noExplicitAny: tests name the shape they expect at the call
  next<Payload = any>(event: string, withinMs?: number): Promise<Payload>;
  /** Everything received so far and not taken by `next`. */
  received(event: string): unknown[];
  /** Emits with an acknowledgement and returns the answer; rejects after 10 s. */
  // biome-ignore lint/suspicious/noExplicitAny: tests name the shape they expect at the call
  request<Answer = any>(event: string, payload?: unknown): Promise<Answer>;
  /** Resolves with the reason once disconnected, at once if it is already. */
  disconnected(withinMs?: number): Promise<string>;
  close(): void;
}

/** The identity, origin and connection options of a test client. */
export interface TestClientOptions {
  /** From `sessions.signIn`. */
  cookie?: string;
  /** `auth` of the handshake; with a cookie and none given here, `csrf` is fetched from client-config. */
  auth?: Record<string, unknown>;
  /** Frames that the client accepts beyond the legacy ones, such as `progress_batch`. */
  accepts?: readonly string[];
  namespace?: string;
  transport?: Transport;
  /** Default: the server's own. */
  origin?: string;
  headers?: Record<string, string>;
  path?: string;
}

/** Connects, or rejects with the refusal that the server answered. */
export async function connectClient(url: string, options: TestClientOptions = {}): Promise<TestClient> {
  const { cookie, namespace = "/", transport = "websocket", origin = url } = options;
  const headers = { origin, ...(cookie !== undefined && { cookie }), ...options.headers };
  const credentials = options.auth ?? (cookie === undefined ? {} : { csrf: await fetchCsrf(url, headers) });
  const auth = { ...(options.accepts !== undefined && { accepts: options.accepts }), ...credentials };
  const socket = io(`${url}${namespace === "/" ? "" : namespace}`, {
    transports: [transport],
    extraHeaders: headers,
    auth,
    forceNew: true,
    reconnection: false,
    ...(options.path !== undefined && { path: options.path }),
  });
  const client = queueing(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", (error) => {
      socket.close();
      reject(error);
    });
    // When a namespace refuses, the connection closes first, and the refusal is reported right after.
    socket.io.once("close", () => queueMicrotask(() => reject(new Error("The server closed the connection."))));
  });
  return client;
}

/**
 * Tries to connect and returns the refusal; fails when the server admits the client. Names `accepts`, as a client does
 * that reads refusals: a plain client does not receive temporary refusals, so that it reconnects.
 */
export async function refusalOf(url: string, options: TestClientOptions = {}): Promise<RefusalMessage> {
  try {
    const client = await connectClient(url, { accepts: [], ...options });
    client.close();
  } catch (error) {
    const { data } = error as { data?: RefusalMessage };
    if (data !== undefined) return data;
    throw error;
  }
  throw new Error("The server accepted a connection that it should have refused.");
}

/** The client-config of a visitor or session. */
export async function fetchClientConfig(url: string, headers: Record<string, string> = {}): Promise<ClientConfig> {
  // A connection that is kept alive would be one more that a test counts, and would close in the middle of it.
  const all = { origin: url, connection: "close", ...headers };
  const response = await fetch(`${url}/realtime/client-config`, { headers: all });
  if (!response.ok) throw new Error(`client-config answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as ClientConfig;
}

async function fetchCsrf(url: string, headers: Record<string, string>): Promise<string | undefined> {
  return (await fetchClientConfig(url, headers)).csrf;
}

function queueing(socket: Socket): TestClient {
  const queues = new Map<string, unknown[]>();
  const waiting = new Map<string, ((payload: unknown) => void)[]>();
  const queueOf = (event: string): unknown[] => {
    const queue = queues.get(event) ?? [];
    queues.set(event, queue);
    return queue;
  };
  const deliver = (event: string, payload: unknown): void => {
    const taker = waiting.get(event)?.shift();
    if (taker === undefined) queueOf(event).push(payload);
    else taker(payload);
  };
  socket.onAny((event: string, payload: unknown) => deliver(event, payload));
  socket.on("disconnect", (reason) => deliver("(disconnected)", reason));

  function next<Payload>(event: string, withinMs = 10_000): Promise<Payload> {
    const queue = queueOf(event);
    if (queue.length > 0) return Promise.resolve(queue.shift() as Payload);
    return new Promise((resolve, reject) => {
      const takers = waiting.get(event) ?? [];
      waiting.set(event, takers);
      const cancel = afterOwnTime(withinMs, () => {
        takers.splice(takers.indexOf(take), 1);
        reject(new Error(`No ${event} within ${withinMs} ms.`));
      });
      const take = (payload: unknown): void => {
        cancel();
        resolve(payload as Payload);
      };
      takers.push(take);
    });
  }

  return {
    socket,
    next,
    received: (event) => queueOf(event),
    request: (event, payload) => socket.timeout(10_000).emitWithAck(event, payload),
    disconnected: (withinMs) => next("(disconnected)", withinMs),
    close: () => void socket.close(),
  };
}
