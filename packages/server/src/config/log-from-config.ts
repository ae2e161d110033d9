import { pino } from "pino";
import type { Log } from "../ports.ts";
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
 * JSON escapes C0, and what it leaves is escaped here, for every field of every line.
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
    // Unprintable characters stand in JSON texts only, where an escape means the same.
    hooks: { streamWrite: (line: string) => line.replace(unprintable, asEscape) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

const asEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
