import { readdirSync } from "node:fs";
import { expect } from "vitest";
import type { TestServer } from "../../src/testing/index.ts";

export interface Traces {
  /** Names the counts that have not returned to their start values, once all clients have had time to disconnect. */
  problems(): Promise<string[]>;
}

/** Counts what a connection occupies in the server and in the process while it exists. */
export function watchTraces({ realtime }: TestServer): Traces {
  const start = count();
  const left = (): string[] =>
    Object.entries(count()).flatMap(([what, now]) => {
      const before = start[what] ?? 0;
      // The process may close its own files in the meantime; the counts of the server must be equal.
      const isBack = what === "file descriptors" ? now <= before : now === before;
      return isBack ? [] : [`There were ${before} ${what} before, and now there are ${now}.`];
    });

  function count(): Record<string, number> {
    const { io } = realtime;
    const counts: Record<string, number> = {
      "file descriptors": readdirSync("/proc/self/fd").length,
      "Engine.IO connections": io.engine.clientsCount,
    };
    for (const [path, namespace] of io._nsps) {
      counts[`sockets in ${path}`] = namespace.sockets.size;
      counts[`sockets on their way into ${path}`] = (
        namespace as unknown as { _preConnectSockets: Map<string, unknown> }
      )._preConnectSockets.size;
    }
    return counts;
  }

  return {
    async problems() {
      // A polling client that does not fetch its close is terminated after two seconds, a silent one after the
      // heartbeat.
      await expect
        .poll(left)
        .toEqual([])
        .catch(() => {});
      return left();
    },
  };
}
