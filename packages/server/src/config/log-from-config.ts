import { pino } from "pino";
import type { Log } from "../ports.ts";
import type { Config } from "./settings.ts";

/** Fields whose value is a secret wherever they appear in a line, one level deep or two. */
const secrets = ["cookie", "authorization", "csrf", "token", "password", "secret"];

/**
 * Makes the log: JSON lines with ISO times on standard output. JSON escapes control characters, so that nothing a
 * client sends can end a line.
 * @param destination - default: standard output
 */
export function createLog(
  { logLevel, debug }: Pick<Config, "logLevel" | "debug">,
  destination?: { write(line: string): void },
): Log {
  const options = {
    level: debug ? "debug" : logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
