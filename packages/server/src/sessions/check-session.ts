import { roles, type SessionEndReason, sessionEndReasons } from "@signalbox/protocol";
import { isId, maxIdLength } from "@signalbox/protocol/schemas";
import type { Credential, Session, SessionChange, SessionProblem } from "../core/ports.ts";

/** Maximum length of a user's name in code points. The name is shown in lists, and sent with every connection. */
const maxNameLength = 200;

/** The largest time that a Date can hold (ECMA-262 section 21.4.1.1). */
const maxTime = 8.64e15;

const problems: ReadonlySet<unknown> = new Set<SessionProblem>([
  "session_missing",
  "session_invalid",
  "session_expired",
  "session_revoked",
]);

/** A session source has returned a value that violates its type. The message is for the developer of the source. */
export class SourceFault extends TypeError {
  override readonly name = "SourceFault";
  /** The field or method at fault, such as `userId`. Each is logged once, whatever the values. */
  readonly subject: string;

  constructor(subject: string, message: string) {
    super(message);
    this.subject = subject;
  }
}

/**
 * Checks the result of `resolve` of a session source once, so that all later code can rely on it.
 * @returns a copy with the fields of a session and no others
 * @throws SourceFault
 */
export function checkSession(answer: unknown): Session | SessionProblem {
  if (problems.has(answer)) return answer as SessionProblem;
  if (typeof answer !== "object" || answer === null) {
    const expected = `a session, or one of ${[...problems].join(", ")}`;
    throw fault("resolve", "answer", answer, expected);
  }
  const { ref, userId, username, role, expiresAt } = answer as Record<keyof Session, unknown>;
  return {
    ref: idIn("ref", ref),
    userId: idIn("userId", userId),
    username: nameIn(username),
    role: roleIn(role),
    expiresAt: timeIn(expiresAt),
  };
}

/**
 * Checks the result of `credentialOf` of a session source.
 * @throws SourceFault
 */
export function checkCredential(found: unknown): Credential | undefined {
  if (found === undefined || found === null) return undefined;
  if (found instanceof Promise) {
    ignoreRejection(found);
    throw fault("credentialOf", "promise", found, "a credential or undefined, and not wait for anything");
  }
  const { kind, value } = Object(found) as Record<keyof Credential, unknown>;
  // Any other kind would count as a credential that needs no CSRF token.
  if (kind !== "cookie" && kind !== "bearer")
    throw fault("credentialOf", "kind", kind, '`kind` as "cookie" or "bearer"');
  if (typeof value !== "string") throw fault("credentialOf", "value", value, "`value` as a string");
  return { kind, value };
}

/**
 * Checks the result of `watch` of a session source.
 * @throws SourceFault
 */
export function checkUnwatch(stop: unknown): (() => void) | undefined {
  if (stop === undefined || typeof stop === "function") return stop as (() => void) | undefined;
  if (stop instanceof Promise) ignoreRejection(stop);
  throw fault("watch", "watch", stop, "a function that ends it, and not wait for anything");
}

/**
 * Checks a session change that a session source or the application reports.
 * @throws SourceFault
 */
export function checkChange(change: unknown): SessionChange {
  const { ref, userId, reason } = Object(change) as Record<keyof SessionChange, unknown>;
  const names = [ref, userId].filter((name) => name !== undefined && name !== null);
  if (names.length === 0 || names.some((name) => typeof name !== "string")) {
    throw new SourceFault("change", "A session change must name a `ref` or a `userId`, as a string.");
  }
  if (reason !== undefined && !sessionEndReasons.some((known) => known === reason)) {
    throw new SourceFault("reason", `\`reason\` of a session change must be one of ${sessionEndReasons.join(", ")}.`);
  }
  return {
    ...(typeof ref === "string" && { ref }),
    ...(typeof userId === "string" && { userId }),
    ...(reason !== undefined && { reason: reason as SessionEndReason }),
  };
}

/** Handles the rejection of a promise that is not awaited: unhandled, it would end the process. */
function ignoreRejection(promise: Promise<unknown>): void {
  promise.catch(() => {});
}

function idIn(field: "ref" | "userId", value: unknown): string {
  if (typeof value === "string" && isId(value)) return value;
  throw fault("resolve", field, value, `\`${field}\` as a string of 1 to ${maxIdLength} characters without NUL`);
}

function nameIn(value: unknown): string {
  if (typeof value === "string" && value !== "") return cutText(value, maxNameLength);
  throw fault("resolve", "username", value, "`username` as a string that is not empty");
}

function roleIn(value: unknown): Session["role"] {
  const role = roles.find((known) => known === value);
  if (role !== undefined) return role;
  throw fault("resolve", "role", value, `\`role\` as one of ${roles.join(", ")}`);
}

function timeIn(value: unknown): number | null {
  if (value === null || (typeof value === "number" && Math.abs(value) <= maxTime)) return value;
  const expected = "`expiresAt` as milliseconds since the epoch, or null for a session without an end";
  throw fault("resolve", "expiresAt", value, expected);
}

/** Cuts a text by code points, so that no emoji is cut in half. Reads no more of the text than needed. */
function cutText(text: string, maxLength: number): string {
  // A code point has at most two code units, so the rest of the text is not needed.
  return Array.from(text.slice(0, maxLength * 2).toWellFormed())
    .slice(0, maxLength)
    .join("");
}

const fault = (method: string, subject: string, value: unknown, expected: string): SourceFault =>
  new SourceFault(subject, `\`${method}\` of a session source must return ${expected}; it returned ${shown(value)}.`);

/** Describes a value. Shows only strings of at most 20 characters: the values of session sources may be secrets. */
function shown(value: unknown): string {
  if (typeof value === "string") {
    return value.length > 20 ? `a string of ${value.length} characters` : JSON.stringify(value);
  }
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  return value instanceof Promise ? "a promise" : "an object";
}
