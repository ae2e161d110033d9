import type { RefusalMessage } from "@signalbox/protocol";
import type { ConnectionState, ConnectionStatus } from "../connection-state.ts";
import { type Diagnosis, diagnoses } from "../diagnosis.ts";
import type { NamespaceState, RequestErrorCode } from "../link.ts";
import { isRefusal } from "../probe.ts";
import { type Check, isObject, number, shaped, text } from "../shape.ts";

/**
 * Part of the lock and channel names: pages of an older release form a separate group. Raise it when the messages
 * change, and when the frames that a leader announces to the server change: followers receive those frames as they
 * arrive.
 */
export const version = 2;

/**
 * Messages from a tab to the leader. `term` identifies the leadership that the tab knows of. A leader of another term
 * must not act on the message, or a request would be made twice: by the leader that it was sent to, and by the next
 * one.
 */
export type Asking =
  /** Requests the current leader. */
  | { readonly type: "ask" }
  /** Registers the tab with the complete list of namespaces it wants. */
  | { readonly type: "hello"; readonly term: string; readonly wants: readonly string[] }
  | {
      readonly type: "request";
      readonly term: string;
      readonly id: number;
      readonly namespace: string;
      readonly event: string;
      readonly payload: object;
      readonly timeoutMs: number;
      readonly idempotent: boolean;
    }
  | { readonly type: "retry" | "session_changed"; readonly term: string };

/** Messages from the leader to tabs. */
export type Telling =
  | { readonly type: "lead" }
  | { readonly type: "state"; readonly state: ConnectionState }
  | { readonly type: "namespace"; readonly namespace: string; readonly state: NamespaceState }
  | { readonly type: "event"; readonly namespace: string; readonly event: string; readonly payload: unknown }
  | { readonly type: "answer"; readonly id: number; readonly answer: object }
  | {
      readonly type: "failure";
      readonly id: number;
      readonly code: RequestErrorCode;
      readonly message: string;
      readonly refusal: RefusalMessage | undefined;
    };

export type ToLeader = Asking & { readonly from: string };

/** Without `to` the message is for every tab. */
export type ToTab = Telling & { readonly term: string; readonly to: string | undefined };

type Message = ToLeader | ToTab;
type Shape<Fields> = { readonly [Field in Exclude<keyof Fields, "type">]: Check };

const statuses: readonly string[] = [
  "idle",
  "connecting",
  "connected",
  "reconnecting",
  "suspended",
  "offline",
  "auth_required",
  "refused",
  "closed",
] satisfies ConnectionStatus[];

const anything: Check = () => true;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isDiagnosis = shaped<Diagnosis>({ code: (code) => Object.hasOwn(diagnoses, String(code)), message: text });
const diagnosis: Check = (value) => value === null || isDiagnosis(value);
const connection = shaped<ConnectionState>({
  status: (status) => statuses.includes(String(status)),
  reason: text,
  diagnosis,
});
const standing = shaped<NamespaceState>({ status: text, diagnosis });

const toLeader = { from: text };
const inTerm = { ...toLeader, term: text };
const toTab = { term: text, to: optional(text) };

const shapes: { readonly [Type in Message["type"]]: Shape<Extract<Message, { type: Type }>> } = {
  ask: toLeader,
  hello: { ...inTerm, wants: (value) => Array.isArray(value) && value.every(text) },
  request: {
    ...inTerm,
    id: number,
    namespace: text,
    event: text,
    payload: isObject,
    timeoutMs: number,
    idempotent: anything,
  },
  retry: inTerm,
  session_changed: inTerm,
  lead: toTab,
  state: { ...toTab, state: connection },
  namespace: { ...toTab, namespace: text, state: standing },
  event: { ...toTab, namespace: text, event: text, payload: anything },
  answer: { ...toTab, id: number, answer: isObject },
  failure: { ...toTab, id: number, code: text, message: text, refusal: optional(isRefusal) },
};

/** Any page of this origin can write to the channel: anything that does not have the form of a message is dropped. */
export function parseMessage(data: unknown): Message | undefined {
  if (!isObject(data) || !Object.hasOwn(shapes, String(data.type))) return undefined;
  return shaped<Message>(shapes[data.type as Message["type"]])(data) ? data : undefined;
}
