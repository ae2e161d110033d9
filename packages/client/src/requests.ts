import type { Environment } from "./environment.ts";
import { closedReason, type Link, RequestError, type RequestErrorCode } from "./link.ts";
import { isRefusal } from "./probe.ts";

const defaultTimeoutMs = 10_000;

/** A request that has not been settled yet. */
export interface OutgoingRequest {
  readonly namespace: string;
  readonly event: string;
  readonly payload: object;
  readonly idempotent: boolean;
  /** When the request times out, in milliseconds since the epoch. */
  readonly deadline: number;
  /** @param outcome - the body of the response, or the error; only the first call counts */
  settle(outcome: object | RequestError): void;
}

type Pending = OutgoingRequest & { sent: boolean };

interface RequestsOptions {
  readonly environment: Environment;
  readonly namespaceState: Link["namespaceState"];
  /** Sends the request if the namespace is open; returns false when it has to wait. */
  send(request: OutgoingRequest): boolean;
  /** Called when a request got no response in time: the connection may be dead. */
  onTimeout(): void;
}

/** The in-flight requests. Each is settled: answered, refused, timed out, or rejected when its connection is lost. */
export interface Requests {
  readonly request: Link["request"];
  /** The namespace is open: sends the waiting requests. */
  opened(namespace: string): void;
  /** The namespace was lost: rejects sent requests that are not idempotent; the others wait. */
  lost(namespace: string): void;
  /** Rejects the waiting requests of this namespace, or of all namespaces. */
  reject(reason: { code: RequestErrorCode; message: string }, namespace?: string): void;
}

export function createRequests({ environment, namespaceState, send, onTimeout }: RequestsOptions): Requests {
  const pending = new Set<Pending>();

  function trySend(request: Pending): void {
    request.sent = send(request);
  }

  return {
    request(namespace, event, payload, { timeoutMs = defaultTimeoutMs, idempotent = false } = {}) {
      return new Promise((resolve, reject) => {
        const { status, diagnosis } = namespaceState(namespace);
        // No automatic attempt will open the namespace: reject now instead of after a timeout.
        const hopeless = diagnosis ?? (status === "closed" && closedReason);
        if (hopeless) return reject(new RequestError(hopeless.code, hopeless.message));
        const cancel = environment.after(timeoutMs, () => {
          const { sent } = request;
          request.settle(new RequestError("timed_out", `The server did not answer ${event} within ${timeoutMs} ms.`));
          if (sent) onTimeout();
        });
        const request: Pending = {
          ...{ namespace, event, payload, idempotent, deadline: environment.now() + timeoutMs, sent: false },
          settle(outcome) {
            if (!pending.delete(request)) return;
            cancel();
            if (outcome instanceof RequestError) reject(outcome);
            else resolve(outcome);
          },
        };
        pending.add(request);
        trySend(request);
      });
    },
    opened(namespace) {
      for (const request of pending) if (request.namespace === namespace && !request.sent) trySend(request);
    },
    lost(namespace) {
      for (const request of pending) {
        if (request.namespace !== namespace || !request.sent) continue;
        request.sent = false;
        if (request.idempotent) continue;
        request.settle(
          new RequestError("connection_lost", `The connection was lost before ${request.event} was answered.`),
        );
      }
    },
    reject({ code, message }, namespace) {
      for (const request of pending) {
        if (namespace === undefined || request.namespace === namespace) {
          request.settle(new RequestError(code, message));
        }
      }
    },
  };
}

/** Reads an acknowledgement of the server: the body of the response, or the error. */
export function outcomeIn(acknowledgement: unknown): object | RequestError {
  const { ok, error, ...body } = (acknowledgement ?? {}) as { ok?: unknown; error?: unknown };
  if (ok === true) return body;
  if (isRefusal(error)) return new RequestError(error.code, error.message, error);
  return new RequestError("protocol_mismatch", "The server's answer has an unknown form.");
}
