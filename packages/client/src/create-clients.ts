import {
  type AdminEvents,
  type AdminRequests,
  type HandshakeAuth,
  namespaces,
  type OptionalFrame,
  type UserEvents,
  type UserRequests,
} from "@signalbox/protocol";
import type { ConnectionState } from "./connection-state.ts";
import { createDirectLink } from "./direct-link.ts";
import { type Environment, systemEnvironment } from "./environment.ts";
import type { Link } from "./link.ts";
import { createNamespaceClient, type InnerNamespaceClient, type NamespaceClient } from "./namespace-client.ts";
import type { Observable } from "./observable.ts";
import { type ClientOptions, checkOptions, requireAddress } from "./options.ts";
import { createProbe, type HttpOutcome } from "./probe.ts";
import { watchActivity } from "./recovery/activity.ts";
import { createReporter } from "./report.ts";
import { canShare, createSharedLink } from "./sharing/shared-link.ts";
import { createTaskStore, type TaskWatch } from "./tasks/task-store.ts";
import { createTokenSource } from "./token.ts";
import { version } from "./version.ts";

/**
 * The namespace `/`, for users. The client unpacks the frames that the server sends only to clients that accept them,
 * such as `progress_batch`: listeners receive the single events.
 */
export interface UserClient
  extends NamespaceClient<Omit<UserRequests, "join_task" | "leave_task">, Omit<UserEvents, OptionalFrame>> {
  readonly tasks: {
    /**
     * Watches a task. Several watchers share one join. The watch survives interruptions and lasts until the task ends.
     */
    watch(taskId: string): TaskWatch;
  };
}

/** Optional frames that this client unpacks: the server may send it no others. */
const accepts: OptionalFrame[] = ["progress_batch", "admin_batch"];

/** The namespace `/admin`, for administrators. */
export type AdminClient = NamespaceClient<AdminRequests, AdminEvents>;

/** The client side of one server: both namespaces, their connection, and its state. */
export interface Clients {
  /** Connects to `/`. Returns the same object on each call. */
  user(): UserClient;
  /** Connects to `/admin` over the same connection. Returns the same object on each call. */
  admin(): AdminClient;
  /** Connects to a namespace that belongs to the application. */
  namespace<Requests extends object, Events extends object>(path: string): NamespaceClient<Requests, Events>;
  /** The state of the connection, and its reason. */
  readonly state: Observable<ConnectionState>;
  /** Calls the listener with the current state and with every later one. Returns an unsubscribe function. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** Tries at once, regardless of any planned attempt. */
  retry(): void;
  /** Call this after login and logout: the connection follows the session. Other tabs are notified. */
  sessionChanged(): void;
  /**
   * Sends a plain HTTP request to a route of the server, with the credentials of the connection. Use it where no socket
   * can be opened.
   */
  http(path: string, init?: RequestInit): Promise<HttpOutcome>;
  /** Number of server messages that were dropped because they violate the contract. */
  malformedMessages(): number;
  close(): void;
}

/**
 * The one factory of clients. It reads the server's client-config when the first namespace is requested, and follows
 * it. Until then it starts no timer and no connection. Without an address, as in a module rendered on a server,
 * everything except reading the state throws a TypeError.
 * @throws TypeError for an invalid option, naming the option and the reason
 */
export function createClients(options: ClientOptions = {}): Clients {
  const { base: address, share } = checkOptions(options);
  // Never requested: without an address every use throws.
  const base = address ?? "http://invalid";
  const environment: Environment = options.environment ?? systemEnvironment;
  const report = createReporter(options.onProblem);
  const currentToken = createTokenSource({ token: options.token, environment, report });
  const inBrowser = globalThis.document !== undefined;
  const probe = createProbe({ base, environment, headers: authorizedHeaders });
  const openLink = (): Link =>
    createDirectLink({
      ...{ base, environment, report, probe, credentials },
      // A browser cannot set headers on a WebSocket. On polling they would cost one preflight each.
      handshakeHeaders: async () => (inBrowser ? {} : authorizedHeaders()),
    });
  const shares = share && canShare();
  const link = shares ? openShared() : openLink();

  // Tabs that do not share a connection still share the session.
  const tellTabs = inBrowser && !shares && globalThis.BroadcastChannel !== undefined;
  const tabs = tellTabs ? new BroadcastChannel(`signalbox session ${base}`) : undefined;
  tabs?.addEventListener("message", () => link.sessionChanged());

  const opened = new Map<string, InnerNamespaceClient>();
  let malformed = 0;
  let user: UserClient | undefined;

  function namespace(path: string): InnerNamespaceClient {
    requireAddress(address);
    const known = opened.get(path);
    if (known !== undefined) return known;
    const client = createNamespaceClient({
      path,
      link,
      report,
      onMalformed,
      onClosed: () => opened.delete(path),
    });
    opened.set(path, client);
    link.open(path);
    return client;
  }

  function onMalformed(event: string): void {
    malformed += 1;
    report.report({ kind: "malformed_message", error: new TypeError(`A malformed ${event} was dropped.`), event });
  }

  function openUser(): UserClient {
    const base = namespace(namespaces.user);
    const tasks = createTaskStore({ ...{ link, probe, environment, report }, onTask: base.deliver });
    base.intercept(tasks.accept);
    const client = Object.assign(base, { tasks: { watch: tasks.watch } }) as unknown as UserClient;
    const close = client.close;
    return Object.assign(client, {
      close() {
        tasks.close();
        close();
        user = undefined;
      },
    });
  }

  /** A page that is about to be frozen gives up the lead: the leader holds the lock that the other tabs wait for. */
  function openShared(): Link {
    const shared = createSharedLink({ openLink, group: base, environment, report });
    const stop = watchActivity(environment, (signal) => {
      if (signal === "freeze" || signal === "store") shared.suspend();
      else if (signal === "wake" || signal === "restore") shared.resume();
    });
    const { close } = shared;
    return Object.assign(shared, {
      close() {
        stop();
        close();
      },
    });
  }

  return {
    user() {
      user ??= openUser();
      return user;
    },
    admin: () => namespace(namespaces.admin) as unknown as AdminClient,
    namespace: (path) => namespace(path) as never,
    state: link.state,
    onState(listener) {
      report.guard(() => listener(link.state.get()));
      return link.state.subscribe(listener);
    },
    retry() {
      requireAddress(address);
      link.retry();
    },
    sessionChanged() {
      tabs?.postMessage("session_changed");
      link.sessionChanged();
    },
    async http(path, init) {
      requireAddress(address);
      return probe.json(path, init);
    },
    malformedMessages: () => malformed,
    close() {
      user?.close();
      tabs?.close();
      link.close();
    },
  };

  async function credentials(): Promise<HandshakeAuth> {
    const token = await currentToken();
    return {
      ...(token !== undefined && { token }),
      client: options.client ?? { name: "@signalbox/client", version },
      accepts,
    };
  }

  async function authorizedHeaders(): Promise<Record<string, string>> {
    const token = await currentToken();
    return {
      ...Object.fromEntries(new Headers(options.headers)),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
  }
}
