import { pino } from "pino";
import type { Log } from "../core/ports.ts";
import { boundLog } from "./bound-log.ts";
import type { Config } from "./settings.ts";

/** Fields whose value is a secret wherever they appear in a line, one level deep, two or three. */
const secrets = ["cookie", "authorization", "csrf", "token", "password", "secret"];

/**
 * What JSON leaves as it is and a terminal does not: DEL and C1 (`\u009b` begins a command as ESC [ does), line and
 * paragraph separators, and controls that reverse the reading order (Unicode Standard Annex 9).
 */
const unprintable = /[\u007f-\u009f\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/**
 * Makes the log: JSON lines with ISO times on standard output. Whatever a client sends ends no line and moves no cursor:
 * JSON escapes C0, and what it leaves is escaped here, for every field of every line. Texts are cut and repeated lines
 * folded (`boundLog`), so the log may also be given to other parts of an application.
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
    // Unprintable characters stand in JSON texts only, where an escape means the same.
    hooks: { streamWrite: (line: string) => line.replace(unprintable, asEscape) },
  };
  return boundLog(destination === undefined ? pino(options) : pino(options, destination));
}

/**
 * An error with what it was made of, each in a field of its own: pino's form joins the messages and stacks of all causes
 * in one text.
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
