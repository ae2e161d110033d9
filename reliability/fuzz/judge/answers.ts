/** Whether what the server says has a form that the contract declares. */
import { contract, type RefusalCode, refusalCodes, refusals } from "@signalbox/protocol";
import { httpStatusOf } from "@signalbox/server";
import { admins, canary } from "../bait.ts";
import type { Account } from "./ledger.ts";

export interface Verdict {
  /** What it was, for the table of outcomes. */
  readonly outcome: string;
  /** The code, where it was a refusal: the server must have counted it. */
  readonly code?: RefusalCode;
  readonly problem?: string;
}

const refusalKeys = new Set(["code", "category", "message", "hint", "retry_after_ms"]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function judgeRefusal(value: unknown): Verdict {
  const text = JSON.stringify(value);
  if (!isObject(value)) return { outcome: "undeclared", problem: `A refusal that is no object: ${text}` };
  const { code, category, message } = value;
  if (typeof code !== "string" || !Object.hasOwn(refusals, code)) {
    return { outcome: "undeclared", problem: `A refusal with a code that is not in the table: ${text}` };
  }
  const declared = refusals[code as RefusalCode];
  const outcome = `refused: ${code}`;
  // A client that receives this code has found a handler that throws.
  if (code === "internal") return { outcome, problem: `A fault of the server's own: ${text}` };
  const sound =
    category === declared.category &&
    message === declared.message &&
    Object.keys(value).every((key) => refusalKeys.has(key));
  return { outcome, code: code as RefusalCode, ...(!sound && { problem: `A refusal of another form: ${text}` }) };
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

/** A stack or a statement of the database is for the log. */
const internals = /node_modules|\n\s+at \S+ \(|SQLITE_|signalbox_(task|security_event)\b/;

/** What must not reach this client, wherever it stands. */
export function leakIn(text: string, account: Account): string | undefined {
  const isAdmin = (): boolean => admins.some(({ token }) => account.mentions(token));
  if (text.includes(canary) && !isAdmin()) return `Somebody else's secret: ${text.slice(0, 500)}`;
  if (internals.test(text)) return `The inside of the server: ${text.slice(0, 500)}`;
  return undefined;
}

/** Judges one Engine.IO packet that a client received. */
export function judgePacket(text: string, account: Account): Verdict {
  const leak = leakIn(text, account);
  if (leak !== undefined) return { outcome: "leak", problem: leak };
  // CONNECT and DISCONNECT of Socket.IO; open, close, ping, pong and noop of Engine.IO.
  if (/^(4[01]|0\{|[12]$|3(probe)?$|6$)/.test(text)) return { outcome: "heard" };
  const [, type, namespace = "/", id = "", json = ""] = /^4([234])(?:(\/[^,]*),)?(\d*)(.*)$/s.exec(text) ?? [];
  const body = parsed(json);
  if (type === "2" && Array.isArray(body)) return judgeEvent(namespace, body);
  if (type === "3" && id !== "" && Array.isArray(body) && body.length === 1) return judgeAnswer(body[0]);
  if (type === "4" && isObject(body)) {
    if (body.message === "Invalid namespace" && body.data === undefined) return { outcome: "no such namespace" };
    return body.message === (body.data as { code?: unknown } | undefined)?.code
      ? judgeRefusal(body.data)
      : { outcome: "undeclared", problem: `A refused CONNECT of another form: ${text.slice(0, 500)}` };
  }
  return { outcome: "undeclared", problem: `No packet of the contract: ${text.slice(0, 500)}` };
}

function judgeEvent(namespace: string, [name, payload]: unknown[]): Verdict {
  const events: readonly unknown[] = contract[namespace as "/" | "/admin"]?.serverEvents ?? [];
  if (!events.includes(name))
    return { outcome: "undeclared", problem: `An event that ${namespace} does not have: ${String(name)}` };
  return name === "error" ? judgeRefusal(payload) : { outcome: "heard" };
}

function judgeAnswer(answer: unknown): Verdict {
  if (isObject(answer) && answer.ok === true) return { outcome: "answered" };
  if (isObject(answer) && answer.ok === false && Object.keys(answer).length === 2) return judgeRefusal(answer.error);
  return { outcome: "undeclared", problem: `An answer of another form: ${JSON.stringify(answer)}` };
}

/** Of Node's parser and Engine.IO, which answer before any other code runs; 426 is not among them. */
const plainStatuses = [101, 200, 204, 400, 404, 405, 408, 413, 417, 431];

/** Without a body, which a HEAD is not answered with, the status is all that is said. */
const refusalStatuses = new Set(refusalCodes.map(httpStatusOf));

/** Judges an HTTP response by its status and body. */
export function judgeResponse(status: number, body: string, headOnly: boolean): Verdict {
  const content = parsed(body);
  const outcome = String(status);
  if (isObject(content) && "error" in content) {
    const verdict = judgeRefusal(content.error);
    if (verdict.code === undefined || httpStatusOf(verdict.code) === status) return verdict;
    return { ...verdict, problem: `${status} is not the status of ${verdict.code}.` };
  }
  if (plainStatuses.includes(status) || (headOnly && refusalStatuses.has(status))) return { outcome };
  return { outcome, problem: `The contract has no answer ${status}: ${body.slice(0, 300)}` };
}
