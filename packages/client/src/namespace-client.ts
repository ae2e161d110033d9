import { finalEvents, type TaskSnapshot } from "@signalbox/protocol";
import { createEmitter } from "./emitter.ts";
import { isWellFormed } from "./event-guards.ts";
import type { Link, NamespaceState, RequestOptions } from "./link.ts";
import type { Reporter } from "./report.ts";

type PayloadOf<Request> = Request extends { payload: infer Payload extends object } ? Payload : never;
type AnswerOf<Request> = Request extends { answer: infer Body extends object } ? Body : never;
type EventPayload<Listener> = Listener extends (payload: infer Payload) => void ? Payload : never;

/** One namespace of the connection, typed by its contract. */
export interface NamespaceClient<Requests extends object, Events extends object> {
  /**
   * Listens to an event. A listener that throws is reported and does not stop the others. Task events arrive once for
   * each newer version, and final ones exactly once, even across connection losses.
   * @returns an unsubscribe function
   */
  on<Name extends keyof Events & string>(
    event: Name,
    listener: (payload: EventPayload<Events[Name]>) => void,
  ): () => void;
  /**
   * Sends a request and resolves with the body of the response. The promise always settles.
   * @throws RequestError with the server's refusal or the cause on this side
   */
  request<Name extends keyof Requests & string>(
    event: Name,
    payload: PayloadOf<Requests[Name]>,
    options?: RequestOptions,
  ): Promise<AnswerOf<Requests[Name]>>;
  /** The state of this namespace: open, opening, or refused and why. */
  status(): NamespaceState;
  /** Calls the listener when the state changes. Returns an unsubscribe function. */
  onStatus(listener: (state: NamespaceState) => void): () => void;
  /** Leaves the namespace; the last one closes the connection. */
  close(): void;
}

interface NamespaceClientOptions {
  readonly path: string;
  readonly link: Link;
  readonly report: Reporter;
  onMalformed(event: string): void;
  onClosed(): void;
}

/** Methods that only this library uses, not the application. */
export interface InnerNamespaceClient extends NamespaceClient<object, object> {
  /** Delivers an event to the application's listeners. */
  deliver(event: string, payload: unknown): void;
  /** Redirects task events to the task store, which tracks the versions. */
  intercept(accept: (task: TaskSnapshot) => void): void;
}

const taskEvents: ReadonlySet<string> = new Set(["progress_update", ...Object.values(finalEvents)]);

export function createNamespaceClient({
  path,
  link,
  report,
  onMalformed,
  onClosed,
}: NamespaceClientOptions): InnerNamespaceClient {
  const emitter = createEmitter(report);
  let acceptTask: ((task: TaskSnapshot) => void) | undefined;

  let closed = false;

  const unsubscribe = link.onEvent((namespace, event, payload) => {
    if (namespace === path) receive(event, payload);
  });

  function receive(event: string, payload: unknown): void {
    // A listener may close the client in the middle of a batch.
    if (closed) return;
    if (!isWellFormed(event, payload)) onMalformed(event);
    else if (event === "progress_batch") {
      for (const task of (payload as { tasks: unknown[] }).tasks) receive("progress_update", task);
    } else if (acceptTask !== undefined && taskEvents.has(event)) acceptTask(payload as TaskSnapshot);
    else emitter.emit(event, payload);
  }

  return {
    on: (event, listener) => emitter.on(event, listener as (payload: never) => void),
    request: (event, payload, options) => link.request(path, event, payload, options) as never,
    status: () => link.namespaceState(path),
    onStatus: (listener) => link.onNamespace((namespace, state) => namespace === path && listener(state)),
    deliver: emitter.emit,
    intercept(accept) {
      acceptTask = accept;
    },
    close() {
      closed = true;
      unsubscribe();
      link.leave(path);
      onClosed();
    },
  };
}
