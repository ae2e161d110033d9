import { pino } from "pino";
import type { Log } from "../core/ports.ts";
import { boundLog } from "./bound-log.ts";
import type { Config } from "./settings.ts";

/** Fields whose value is a secret, at the top level of a line and up to three levels below it. */
const secrets = ["cookie", "authorization", "csrf", "token", "password", "secret"];

/**
 * Characters that JSON does not escape but a terminal interprets: DEL and C1 (`\u009b` begins a command as ESC [ does),
 * line and paragraph separators, and controls that reverse the reading order (Unicode Standard Annex 9).
 */
const unprintable = /[\u007f-\u009f\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/**
 * Makes the log: JSON lines with ISO times on standard output. No text of a client can end a line or move a cursor:
 * JSON escapes C0, and the log escapes the other unprintable characters, in every field of every line. Texts are cut
 * and repeated lines folded (`boundLog`), so other parts of an application may use the log as well.
 * @param destination - default: standard output
 */
export function createLog(
  { logLevel, debug, debugParts }: Pick<Config, "logLevel" | "debug" | "debugParts">,
  destination?: { write(line: string): void },
): Log {
  const options = {
    level: debug || debugParts.length > 0 ? "debug" : logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*.*.*.${name}`]),
    serializers: { err: errorFields },
    // Unprintable characters occur only in JSON strings, where an escape means the same.
    hooks: { streamWrite: (line: string) => line.replace(unprintable, asEscape) },
  };
  return boundLog(destination === undefined ? pino(options) : pino(options, destination));
}

/**
 * The parts of an error, each in its own field. pino's serializer joins the messages and stacks of all causes in one
 * text.
 */
function errorFields(error: unknown): unknown {
  if (Array.isArray(error)) return error.map(errorFields);
  if (!(error instanceof Error)) return error;
  const { message, stack, cause, errors } = error as AggregateError;
  return {
    type: error.constructor.name,
    ...{ message, stack },
    ...error,
    ...(cause !== undefined && { cause: errorFields(cause) }),
    ...(errors !== undefined && { errors: errorFields(errors) }),
  };
}

const asEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
