import { type ConnectionEvent, type ConnectionState, initialState, nextState } from "../../src/connection-state.ts";
import { type Diagnosis, diagnose } from "../../src/diagnosis.ts";
import { type Link, RequestError, type RequestOptions } from "../../src/link.ts";
import { createNamespaceTable } from "../../src/namespace-table.ts";
import { createSource } from "../../src/observable.ts";
import type { Reporter } from "../../src/report.ts";

interface SentRequest {
  readonly namespace: string;
  readonly event: string;
  readonly payload: Record<string, unknown>;
  readonly options: RequestOptions;
  answer(body: object): void;
  refuse(error: RequestError): void;
}

/** Stands in for a real connection. It opens at once, and answers as the test says. */
export interface ScriptedLink extends Link {
  readonly requests: SentRequest[];
  /** What happened to it: `open /`, `leave /`, `retry`, `session_changed`, `close`. */
  readonly log: string[];
  readonly closed: boolean;
  /** Tasks and rooms that the server believes it to be in. */
  readonly joined: Set<string>;
  emit(namespace: string, event: string, payload?: unknown): void;
  /** The connection is lost. */
  drop(): void;
  /** It is established (again). */
  establish(): void;
  refuse(namespace: string, diagnosis: Diagnosis): void;
  /** Its page is frozen, and it notices by itself. */
  sleep(): void;
}

export interface Script {
  /** Answers by itself; undefined leaves the request open. */
  respond?: (event: string, payload: Record<string, unknown>) => object | undefined;
  /** False: `establish` is called by the test. */
  opensAtOnce?: boolean;
}

/** @param now - in milliseconds since the epoch */
export function createScriptedLink(now: () => number, report: Reporter, script: Script = {}): ScriptedLink {
  const state = createSource<ConnectionState>(initialState(now()), report);
  const table = createNamespaceTable(report);
  const listeners = new Set<Parameters<Link["onEvent"]>[0]>();
  const requests: SentRequest[] = [];
  const log: string[] = [];
  const joined = new Set<string>();
  let up = false;
  let closed = false;

  const dispatch = (event: ConnectionEvent): void => state.set(nextState(state.get(), event, now()));

  function establish(): void {
    up = true;
    dispatch({ type: "established", transport: "websocket" });
    for (const namespace of table.wanted()) table.set(namespace, "open");
  }

  function perform(event: string, { task_id: task, room_id: room }: Record<string, unknown>): void {
    const [verb = ""] = event.split("_", 1);
    const membership = String(task ?? room);
    if (verb === "join") joined.add(membership);
    if (verb === "leave") joined.delete(membership);
  }

  const link: ScriptedLink = {
    requests,
    log,
    joined,
    get closed() {
      return closed;
    },
    state,
    namespaceState: table.get,
    open(namespace) {
      log.push(`open ${namespace}`);
      table.want(namespace);
      if (state.get().status === "idle" || state.get().status === "closed") {
        dispatch({ type: "requested" });
        dispatch({ type: "attempt" });
      }
      if (script.opensAtOnce === false && !up) return;
      queueMicrotask(() => {
        if (closed || table.get(namespace).status === "closed") return;
        if (up) table.set(namespace, "open");
        else establish();
      });
    },
    leave(namespace) {
      log.push(`leave ${namespace}`);
      table.forget(namespace);
      if (table.wanted().length > 0) return;
      up = false;
      joined.clear();
      dispatch({ type: "closed_by_application" });
    },
    request(namespace, event, payload, options = {}) {
      const fields = payload as Record<string, unknown>;
      return new Promise((resolve, reject) => {
        if (closed) return reject(new RequestError("closed", "The connection was closed."));
        requests.push({ namespace, event, payload: fields, options, answer: resolve, refuse: reject });
        perform(event, fields);
        const body = script.respond?.(event, fields);
        if (body !== undefined) resolve(body);
      });
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onNamespace: table.subscribe,
    retry: () => void log.push("retry"),
    sessionChanged: () => void log.push("session_changed"),
    close() {
      log.push("close");
      closed = true;
      up = false;
      joined.clear();
      dispatch({ type: "closed_by_application" });
      table.setAll("closed");
      for (const { refuse } of requests) refuse(new RequestError("closed", "The connection was closed."));
    },
    emit(namespace, event, payload = {}) {
      for (const listener of [...listeners]) listener(namespace, event, payload);
    },
    drop() {
      up = false;
      joined.clear();
      dispatch({ type: "failed", diagnosis: diagnose("connection_lost"), retryAt: now() });
      table.lose();
    },
    establish,
    sleep: () => dispatch({ type: "page_suspended" }),
    refuse: (namespace, diagnosis) => table.set(namespace, "refused", diagnosis),
  };
  return link;
}
