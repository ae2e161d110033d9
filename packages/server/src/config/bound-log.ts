import { boundFields, boundText } from "../core/bound-fields.ts";
import { systemClock } from "../core/clock.ts";
import { createFolds } from "../core/folds.ts";
import type { Clock, Log } from "../core/ports.ts";

/** Equal warnings and errors within this time become one line, and a second one with the number of repetitions. */
const foldMs = 60_000;

/** Maximum number of different warnings, and of different errors, in that time. All others are counted together. */
const maxOpenLines = 50;

type FoldedLevel = "warn" | "error";

interface Line {
  readonly level: FoldedLevel;
  readonly fields: object;
  readonly message: string;
}

/** Logs that are already bounded, such as one that an application makes with `createLog` and passes to Signalbox. */
const boundedLogs = new WeakSet<Log>();

/**
 * Bounds the lines written to a log, so that requests cannot fill a disk: each text is cut at 1,000 code points, a line
 * at 4,000, and equal warnings and errors are folded. Lines of the security log are already folded when they arrive.
 * `info` and `debug` lines are not folded: an operator switches them on.
 */
export function boundLog(log: Log, clock: Pick<Clock, "monotonic" | "after"> = systemClock): Log {
  if (boundedLogs.has(log)) return log;
  let closing = false;
  const folds = createFolds<Line>({
    ...{ clock, foldMs, maxOpenLines },
    onClosed: ({ level, fields, message }, count) => log[level]({ ...fields, repeated: count - 1 }, message),
  });

  function closeLater(): void {
    if (closing) return;
    closing = true;
    clock.after(foldMs, () => {
      closing = false;
      if (folds.closeDue() > 0) closeLater();
    });
  }

  function open(line: Line): Line {
    log[line.level](line.fields, line.message);
    closeLater();
    return line;
  }

  function write(level: keyof Log, given: object, text: string): void {
    const fields = boundFields(given);
    const message = boundText(String(text));
    if ((level !== "warn" && level !== "error") || "security" in fields) return log[level](fields, message);
    folds.add({
      kind: level,
      key: keyOf(fields, message),
      open: () => open({ level, fields, message }),
      openRest: () => open({ level, fields: {}, message: "Many different lines at a time, counted together." }),
    });
  }

  const bounded: Log = {
    debug: (fields, message) => write("debug", fields, message),
    info: (fields, message) => write("info", fields, message),
    warn: (fields, message) => write("warn", fields, message),
    error: (fields, message) => write("error", fields, message),
  };
  boundedLogs.add(bounded);
  return bounded;
}

/** Lines that differ only in the request id are equal; the folded line has the id of the first request. */
function keyOf(fields: object, message: string): string {
  const { err, request_id: _id, ...rest } = fields as { err?: unknown; request_id?: unknown };
  return JSON.stringify([message, err instanceof Error ? [err.name, err.message] : err, rest]);
}
