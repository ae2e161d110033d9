import type {
  AdminEvents,
  AdminRequests,
  Answer,
  ClientConfig,
  EventMap,
  RefusalMessage,
  SessionEndReason,
  UserEvents,
  UserRequests,
} from "@signalbox/protocol";
import { Manager, type Socket } from "socket.io-client";
import { createStore, type Readable } from "./store.ts";

export type UserSocket = Socket<UserEvents, EventMap<UserRequests>>;
type AdminSocket = Socket<AdminEvents, EventMap<AdminRequests>>;

/** The state of the connection, in a form that a status line can show. */
export interface Link {
  readonly state: "connecting" | "connected" | "reconnecting" | "refused" | "closed";
  readonly transport: string | null;
  /** Why the server refused or closed the connection. */
  readonly message: string | null;
}

export interface Realtime {
  readonly link: Readable<Link>;
  /** Connected from the start. */
  readonly user: UserSocket;
  /** Shares the connection of `user`; whoever needs it connects it. */
  readonly admin: AdminSocket;
  /** Tries again after a refusal. */
  retry(): void;
  close(): void;
}

interface RealtimeOptions {
  readonly config: ClientConfig;
  /** The current token: it changes with the session. */
  csrf(): string | undefined;
  /** Asks the server who is signed in now; resolves to whether somebody still is. */
  revalidate(reason?: SessionEndReason): Promise<boolean>;
}

/** How long a request may stay without an answer. */
const answerTimeoutMs = 10_000;

/** One connection for both namespaces, set up as the server's client-config says. */
export function openRealtime({ config, csrf, revalidate }: RealtimeOptions): Realtime {
  const link = createStore<Link>({ state: "connecting", transport: null, message: null });
  const manager = new Manager(config.url ?? window.location.origin, {
    path: config.path,
    transports: config.transports,
    reconnection: config.reconnection,
    reconnectionAttempts: config.reconnection_attempts ?? Number.POSITIVE_INFINITY,
    reconnectionDelay: config.reconnection_delay_ms,
    reconnectionDelayMax: config.reconnection_delay_max_ms,
    timeout: config.timeout_ms,
    withCredentials: true,
    autoConnect: false,
  });
  const options = {
    ackTimeout: answerTimeoutMs,
    auth: (give: (auth: object) => void) =>
      give({ csrf: csrf(), client: { name: "workbench", version: __WORKBENCH_VERSION__ } }),
  };
  const user: UserSocket = manager.socket("/", options);
  const admin: AdminSocket = manager.socket("/admin", options);

  let closed = false;
  let retryTimer: number | undefined;
  let drainMs: number | null = null;
  let sessionAsked = false;

  manager.on("open", () => {
    manager.engine.on("upgrade", () => link.patch({ transport: transportName() }));
  });
  manager.on("reconnect_failed", () =>
    link.set({ state: "closed", transport: null, message: "The server cannot be reached." }),
  );
  user.on("connect", () => {
    sessionAsked = false;
    drainMs = null;
    link.set({ state: "connected", transport: transportName(), message: null });
  });
  user.on("server_draining", ({ reconnect_after_ms }) => {
    drainMs = reconnect_after_ms;
  });
  user.on("session_ending", ({ reason }) => void askSession(reason));
  user.on("disconnect", (reason) => {
    if (closed) return;
    if (reason !== "io server disconnect") waiting(null);
    else if (drainMs !== null) retryIn(drainMs, "The server is restarting.");
    else link.set({ state: "closed", transport: null, message: "The server has closed the connection." });
  });
  user.on("connect_error", (error) => {
    const refusal = refusalOf(error);
    if (refusal) refused(refusal);
    // Not connected for want of a network or a server: the Manager goes on trying by itself.
    else if (link.get().state !== "connecting") waiting(null);
  });
  user.connect();

  return {
    link,
    user,
    admin,
    retry() {
      sessionAsked = false;
      connect();
    },
    close() {
      closed = true;
      window.clearTimeout(retryTimer);
      admin.disconnect();
      user.disconnect();
    },
  };

  function transportName(): string {
    return manager.engine.transport.name;
  }

  function waiting(message: string | null): void {
    link.set({ state: "reconnecting", transport: null, message });
  }

  function refused({ category, message, retry_after_ms }: RefusalMessage): void {
    if (category === "limit" || category === "server") {
      retryIn(retry_after_ms ?? config.reconnection_delay_max_ms, message);
      return;
    }
    link.set({ state: "refused", transport: null, message });
    if (category === "auth") void askSession();
  }

  /** A session that ended elsewhere may already be followed by another: asked once, so that two refusals make no loop. */
  async function askSession(reason?: SessionEndReason): Promise<void> {
    if (sessionAsked) return;
    sessionAsked = true;
    if (await revalidate(reason)) connect();
  }

  function retryIn(delayMs: number, message: string): void {
    waiting(message);
    window.clearTimeout(retryTimer);
    retryTimer = window.setTimeout(connect, delayMs);
  }

  function connect(): void {
    if (closed || user.connected) return;
    waiting(null);
    user.connect();
  }
}

/** The server's refusal behind a `connect_error`; undefined when the server was not reached. */
export function refusalOf(error: Error): RefusalMessage | undefined {
  return "data" in error ? (error.data as RefusalMessage | undefined) : undefined;
}

/** The body of an answer; a refusal is thrown as an error with the server's sentence. */
export async function answered<Body extends object>(answer: Promise<Answer<Body>>): Promise<Body> {
  const reply = await answer.catch(() => {
    throw new Error("The server did not answer in time. Please try again.");
  });
  if (!reply.ok) throw new Error(reply.error.message);
  return reply;
}
