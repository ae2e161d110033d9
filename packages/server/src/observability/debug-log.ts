import type { Config, DebugPart } from "../config/settings.ts";
import type { Log } from "../core/ports.ts";

/** Logs one thing that a part has done, at level `debug`. */
export type Debug = (fields: object, message: string) => void;

/**
 * Who logs what they do: the parts in SIGNALBOX_DEBUG_PARTS, all with SOCKETIO_DEBUG.
 * @returns by part; undefined for one that is silent, which then has nothing to put together
 */
export function createDebugLog(
  { debug, debugParts: chosen }: Pick<Config, "debug" | "debugParts">,
  log: Log,
): (part: DebugPart) => Debug | undefined {
  return (part) =>
    debug || chosen.includes(part) ? (fields, message) => log.debug({ part, ...fields }, message) : undefined;
}
