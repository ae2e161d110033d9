import type { Environment } from "./environment.ts";
import { RequestError, type RequestErrorCode, type RequestOptions } from "./link.ts";
import { isRefusal } from "./probe.ts";

const defaultTimeoutMs = 10_000;

interface Pending {
  readonly namespace: string;
  readonly event: string;
  readonly payload: object;
  readonly idempotent: boolean;
  sent: boolean;
  settle(outcome: { body: object } | { error: RequestError }): void;
}

interface RequestsOptions {
  readonly environment: Environment;
  /** Sends it if the namespace is open; false when it has to wait. */
  send(namespace: string, event: string, payload: object, onAnswer: (answer: unknown) => void): boolean;
  /** Told of a request that got no answer in time: the connection may be dead. */
  onTimeout(): void;
}

/** The requests under way. Each is settled: answered, refused, timed out, or rejected when its connection is lost. */
export interface Requests {
  request(namespace: string, event: string, payload: object, options?: RequestOptions): Promise<object>;
  /** The namespace is open: what waits for it is sent. */
  opened(namespace: string): void;
  /** The namespace is gone: what was sent and may not be sent twice is rejected, the rest waits. */
  lost(namespace: string): void;
  /** Nothing will come of what waits (for this namespace, or at all). */
  reject(code: RequestErrorCode, message: string, namespace?: string): void;
}

export function createRequests({ environment, send, onTimeout }: RequestsOptions): Requests {
  const pending = new Set<Pending>();

  function trySend(request: Pending): void {
    request.sent = send(request.namespace, request.event, request.payload, (answer) => request.settle(read(answer)));
  }

  return {
    request(namespace, event, payload, { timeoutMs = defaultTimeoutMs, idempotent = false } = {}) {
      return new Promise((resolve, reject) => {
        const cancel = environment.after(timeoutMs, () => {
          const { sent } = request;
          const message = `The server did not answer ${event} within ${timeoutMs} ms.`;
          request.settle({ error: new RequestError("timed_out", message) });
          if (sent) onTimeout();
        });
        const request: Pending = {
          ...{ namespace, event, payload, idempotent, sent: false },
          settle(outcome) {
            if (!pending.delete(request)) return;
            cancel();
            if ("body" in outcome) resolve(outcome.body);
            else reject(outcome.error);
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
        const message = `The connection was lost before ${request.event} was answered.`;
        request.settle({ error: new RequestError("connection_lost", message) });
      }
    },
    reject(code, message, namespace) {
      for (const request of pending) {
        if (namespace === undefined || request.namespace === namespace) {
          request.settle({ error: new RequestError(code, message) });
        }
      }
    },
  };
}

function read(answer: unknown): { body: object } | { error: RequestError } {
  const { ok, error, ...body } = (answer ?? {}) as { ok?: unknown; error?: unknown };
  if (ok === true) return { body };
  if (isRefusal(error)) return { error: new RequestError(error.code, error.message, error) };
  return {
    error: new RequestError("protocol_mismatch", "The server's answer has an unknown form."),
  };
}
