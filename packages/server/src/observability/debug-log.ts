import type { Config, DebugPart } from "../config/settings.ts";
import type { Log } from "../core/ports.ts";

/** Logs one action of a part, at level `debug`. */
export type Debug = (fields: object, message: string) => void;

/**
 * Enables debug logging for the parts in SIGNALBOX_DEBUG_PARTS, and for all parts with SOCKETIO_DEBUG.
 * @returns the debug log of a part; undefined for a disabled part, which then need not assemble any fields
 */
export function createDebugLog(
  { debug, debugParts: chosen }: Pick<Config, "debug" | "debugParts">,
  log: Log,
): (part: DebugPart) => Debug | undefined {
  return (part) =>
    debug || chosen.includes(part) ? (fields, message) => log.debug({ part, ...fields }, message) : undefined;
}
