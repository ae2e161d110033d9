import { type ConnectionEvent, type ConnectionState, initialState, nextState } from "../connection-state.ts";
import { diagnose } from "../diagnosis.ts";
import type { Environment } from "../environment.ts";
import { closedReason, type Link, RequestError } from "../link.ts";
import { createListeners } from "../listeners.ts";
import { createNamespaceTable } from "../namespace-table.ts";
import { createSource } from "../observable.ts";
import type { Reporter } from "../report.ts";
import { createRequests, type OutgoingRequest } from "../requests.ts";
import type { Asking, ToTab } from "./messages.ts";

/** After this long without a message, the follower searches for a leader. */
const silenceMs = 2000;

/** The connection to the leading tab. */
export interface Port {
  send(message: Asking): void;
  /** Whether no tab holds the leader's lock. */
  leaderless(): Promise<boolean>;
}

/** The link of one tab, which forwards everything to the leader. The leading tab has one too. */
export interface Follower {
  readonly link: Omit<Link, "close">;
  /** The tab has joined the group. */
  attach(port: Port): void;
  /** The tab leaves the group for a while: in-flight requests wait until it is back, or are rejected. */
  suspend(): void;
  resume(): void;
  close(): void;
  receive(message: ToTab): void;
}

export function createFollower(environment: Environment, report: Reporter): Follower {
  const state = createSource<ConnectionState>(initialState(environment.now()), report);
  const namespaces = createNamespaceTable(report);
  const events = createListeners<[namespace: string, event: string, payload: unknown]>(report);
  /** Calls made while there was no leader. */
  const calls = new Set<"retry" | "session_changed">();
  const requests = createRequests({ environment, namespaceState: namespaces.get, send, onTimeout() {} });
  /** Requests that the leader has not answered, by number. */
  const asked = new Map<number, OutgoingRequest>();
  let lastId = 0;

  let port: Port | undefined;
  /** The leadership that has received all namespaces this tab wants. */
  let term: string | undefined;
  /** A leader was lost: the first attempt of the next one is not reported to a tab that was connected. */
  let bridging = false;
  let closed = false;
  let cancelSearch: (() => void) | undefined;

  function say(message: Asking): void {
    if (port === undefined) return;
    cancelSearch ??= environment.after(silenceMs, () => void search());
    port.send(message);
  }

  function heard(): void {
    cancelSearch?.();
    cancelSearch = undefined;
  }

  /** A silent leader may be slow, or its page stopped. Only the lock tells whether it still leads. */
  async function search(): Promise<void> {
    cancelSearch = undefined;
    const silent = term;
    const leaderless = await port?.leaderless().catch(() => false);
    if (leaderless && silent !== undefined && silent === term) lose();
    say({ type: "ask" });
  }

  function send(request: OutgoingRequest): boolean {
    if (term === undefined) return false;
    const { namespace, event, payload, idempotent, deadline } = request;
    lastId += 1;
    asked.set(lastId, request);
    const timeoutMs = Math.max(0, deadline - environment.now());
    try {
      say({ type: "request", term, id: lastId, namespace, event, payload, timeoutMs, idempotent });
    } catch {
      request.settle(new RequestError("payload_invalid", `The payload of ${event} cannot be sent.`));
    }
    return true;
  }

  function settle(id: number, outcome: object | RequestError): void {
    asked.get(id)?.settle(outcome);
    asked.delete(id);
  }

  function hello(): void {
    if (term !== undefined) say({ type: "hello", term, wants: namespaces.wanted() });
  }

  function follow(next: string): void {
    if (term !== undefined) lose();
    // This tab has not joined the group yet, or a listener has closed the link meanwhile.
    if (port === undefined) return;
    term = next;
    hello();
    for (const namespace of namespaces.wanted()) requests.opened(namespace);
    for (const type of calls) call(type);
  }

  function lose(): void {
    term = undefined;
    bridging = true;
    asked.clear();
    for (const namespace of namespaces.wanted()) requests.lost(namespace);
    if (state.get().status === "connected") {
      dispatch({ type: "failed", diagnosis: diagnose("connection_lost"), retryAt: environment.now() });
    }
    // Joined tasks and rooms are lost with the connection: the upper layers join again when it opens.
    namespaces.setAll("closed");
    if (!closed) namespaces.setAll("opening");
  }

  function detach(): void {
    heard();
    port = undefined;
    term = undefined;
  }

  function dispatch(event: ConnectionEvent): void {
    state.set(nextState(state.get(), event, environment.now()));
  }

  function mirror(next: ConnectionState): void {
    const { status } = next;
    // The leading page is being suspended, not this one: another tab will lead.
    if (status === "suspended") return;
    if (namespaces.wanted().length > 0 && (status === "idle" || (status === "connecting" && bridging))) return;
    bridging = false;
    // The state can arrive twice, by broadcast and directly, when this tab joins during a change. A copy is never the
    // same object.
    if (JSON.stringify(next) !== JSON.stringify(state.get())) state.set(next);
  }

  function call(type: "retry" | "session_changed"): void {
    if (term === undefined) return void calls.add(type);
    calls.delete(type);
    say({ type, term });
  }

  return {
    link: {
      state,
      namespaceState: namespaces.get,
      open(namespace) {
        if (closed || !namespaces.want(namespace)) return;
        if (state.get().status === "idle") dispatch({ type: "requested" });
        hello();
      },
      leave(namespace) {
        namespaces.forget(namespace);
        requests.reject(closedReason, namespace);
        hello();
      },
      request: requests.request,
      onEvent: events.add,
      onNamespace: namespaces.subscribe,
      retry: () => call("retry"),
      sessionChanged: () => call("session_changed"),
    },
    attach(way) {
      port = way;
      say({ type: "ask" });
    },
    suspend() {
      detach();
      const { status } = state.get();
      if (status !== "idle" && status !== "closed") dispatch({ type: "page_suspended" });
      lose();
    },
    resume() {
      if (state.get().status === "suspended") dispatch({ type: "page_resumed" });
    },
    close() {
      closed = true;
      detach();
      dispatch({ type: "closed_by_application" });
      state.end();
      namespaces.setAll("closed");
      requests.reject(closedReason);
    },
    receive(message) {
      if (message.type === "lead") {
        heard();
        if (message.term !== term) follow(message.term);
        return;
      }
      // A late message of a former leader.
      if (message.term !== term) return;
      heard();
      if (message.type === "state") mirror(message.state);
      else if (message.type === "answer") settle(message.id, message.answer);
      else if (message.type === "failure") {
        settle(message.id, new RequestError(message.code, message.message, message.refusal));
      } else if (!namespaces.wanted().includes(message.namespace)) return;
      else if (message.type === "namespace") {
        namespaces.set(message.namespace, message.state.status, message.state.diagnosis);
      } else {
        events.tell(message.namespace, message.event, message.payload);
      }
    },
  };
}
