import type { RefusalMessage } from "@signalbox/protocol";
import type { ConnectionState } from "./connection-state.ts";
import type { Diagnosis, DiagnosisCode } from "./diagnosis.ts";
import type { Observable } from "./observable.ts";

/** How long a request waits, and whether it may be sent twice. */
export interface RequestOptions {
  /** Milliseconds to wait for the answer, time without a connection included. Default: 10,000. */
  timeoutMs?: number;
  /** Asking twice does what asking once does: the request may be sent again after an interruption. Default: false. */
  idempotent?: boolean;
}

/** Why a request has no answer: the server's refusal, or a cause of this side. */
export type RequestErrorCode = RefusalMessage["code"] | DiagnosisCode | "closed";

/** A request was refused, or could not be answered. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: RequestErrorCode;
  /** The server's own word; undefined when there was none. */
  readonly refusal: RefusalMessage | undefined;

  constructor(code: RequestErrorCode, message: string, refusal?: RefusalMessage) {
    super(message);
    this.code = code;
    this.refusal = refusal;
  }
}

/** Why nothing comes of requests on a connection, or in a namespace, that was closed. */
export const closedReason = { code: "closed", message: "The connection is closed." } as const;

/** What became of one namespace of the connection. */
export interface NamespaceState {
  readonly status: "closed" | "opening" | "open" | "refused";
  /** Why it was refused. */
  readonly diagnosis: Diagnosis | null;
}

/** A connection as the parts above see it: the tab's own, or one shared with other tabs. */
export interface Link {
  readonly state: Observable<ConnectionState>;
  namespaceState(namespace: string): NamespaceState;
  /** Wants a namespace from now on. */
  open(namespace: string): void;
  /** Wants it no longer. */
  leave(namespace: string): void;
  /**
   * Sends a request and settles always.
   * @throws RequestError
   */
  request(namespace: string, event: string, payload: object, options?: RequestOptions): Promise<object>;
  /** Everything the server sends. */
  onEvent(listener: (namespace: string, event: string, payload: unknown) => void): () => void;
  /** A namespace was opened, refused or lost. After an opening the server knows nothing of what was joined before. */
  onNamespace(listener: (namespace: string, state: NamespaceState) => void): () => void;
  /** Tries at once, whatever was planned. */
  retry(): void;
  /** The session is another now: signed in, signed out, or with another role. */
  sessionChanged(): void;
  close(): void;
}
