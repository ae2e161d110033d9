import type { RefusalMessage } from "@signalbox/protocol";
import type { ConnectionState } from "./connection-state.ts";
import type { Diagnosis, DiagnosisCode } from "./diagnosis.ts";
import type { Observable } from "./observable.ts";

/** How long a request waits, and whether it may be sent twice. */
export interface RequestOptions {
  /** Milliseconds to wait for the response, including time without a connection. Default: 10,000. */
  timeoutMs?: number;
  /**
   * The request has the same effect when it is made twice, so it may be sent again after an interruption. Default:
   * false.
   */
  idempotent?: boolean;
}

/** Why a request got no response: the server's refusal, or a cause on this side. */
export type RequestErrorCode = RefusalMessage["code"] | DiagnosisCode | "closed";

/** A request was refused, or no response arrived. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: RequestErrorCode;
  /** The server's own refusal; undefined when there was none. */
  readonly refusal: RefusalMessage | undefined;

  constructor(code: RequestErrorCode, message: string, refusal?: RefusalMessage) {
    super(message);
    this.code = code;
    this.refusal = refusal;
  }
}

/** Why requests on a closed connection, or in a closed namespace, fail. */
export const closedReason = { code: "closed", message: "The connection is closed." } as const;

/** The state of one namespace of the connection. */
export interface NamespaceState {
  readonly status: "closed" | "opening" | "open" | "refused";
  /** Why it was refused. */
  readonly diagnosis: Diagnosis | null;
}

/** A connection as the upper layers see it: the tab's own, or one shared with other tabs. */
export interface Link {
  readonly state: Observable<ConnectionState>;
  namespaceState(namespace: string): NamespaceState;
  /** Opens a namespace and keeps it open. */
  open(namespace: string): void;
  /** Leaves a namespace. */
  leave(namespace: string): void;
  /**
   * Sends a request. The promise always settles.
   * @throws RequestError
   */
  request(namespace: string, event: string, payload: object, options?: RequestOptions): Promise<object>;
  /** Subscribes to everything that the server sends. */
  onEvent(listener: (namespace: string, event: string, payload: unknown) => void): () => void;
  /**
   * Subscribes to the opening, refusal and loss of namespaces. After an opening, the server has no record of earlier
   * joins.
   */
  onNamespace(listener: (namespace: string, state: NamespaceState) => void): () => void;
  /** Tries at once, regardless of any planned attempt. */
  retry(): void;
  /** The session has changed: signed in, signed out, or with another role. */
  sessionChanged(): void;
  close(): void;
}
