import { openSync, writeSync } from "node:fs";
import type { Line } from "../history/line.ts";

/** Where a process writes its part of a history. */
export interface Journal {
  /** Who writes: one process. */
  readonly actor: string;
  write(line: Line): void;
}

/** Each line is with the kernel before anything else happens: it outlives a process that is killed the next moment. */
export function openJournal(path: string): Journal {
  const file = openSync(path, "a");
  return {
    actor: `process-${process.pid}`,
    write: (line) => void writeSync(file, `${JSON.stringify(line)}\n`),
  };
}

/** For a process that is never killed: lines are written a hundred at a time, and with `flush`. */
export function openBufferedJournal(path: string): Journal & { flush(): void } {
  const file = openSync(path, "a");
  let waiting: string[] = [];

  function flush(): void {
    if (waiting.length > 0) writeSync(file, waiting.join(""));
    waiting = [];
  }

  return {
    actor: `process-${process.pid}`,
    write(line) {
      waiting.push(`${JSON.stringify(line)}\n`);
      if (waiting.length >= 100) flush();
    },
    flush,
  };
}
