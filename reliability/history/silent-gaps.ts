import type { Check, ReportFault, Rules } from "./check.ts";
import type { Stalls } from "./stalls.ts";

interface Stream {
  /** Versions that the server had, and since when, in order; those older than any client may be behind are dropped. */
  readonly versions: { readonly version: number; readonly at: number }[];
  readonly watchers: Set<Watcher>;
}

interface Watcher {
  readonly actor: string;
  readonly task: string;
  version: number;
  /** Believes to receive everything. */
  live: boolean;
  /** Since when there has been something newer than what it received. */
  behindSince: number | undefined;
}

interface Silence {
  readonly from: number;
  to: number;
}

/** So many versions of a task are kept at the least before old ones are dropped. */
const keep = 256;

/**
 * A client may skip progress, but not fall behind without knowing it: a client that believes to be connected and up to
 * date has every state soon after it came to be. While nothing gets through, that is until the heartbeat must have
 * failed.
 */
export function createSilentGaps({ behindMs, unnoticedMs }: Rules, stalls: Stalls, report: ReportFault): Check {
  const streams = new Map<string, Stream>();
  const watchersOf = new Map<string, Map<string, Watcher>>();
  /** By client; those of all clients by "". */
  const silences = new Map<string, Silence[]>();
  let now = 0;

  function streamOf(task: string): Stream {
    const stream = streams.get(task) ?? { versions: [], watchers: new Set<Watcher>() };
    streams.set(task, stream);
    return stream;
  }

  function watcherOf(actor: string, task: string): Watcher | undefined {
    return watchersOf.get(actor)?.get(task);
  }

  function watch(actor: string, task: string): void {
    const mine = watchersOf.get(actor) ?? new Map<string, Watcher>();
    watchersOf.set(actor, mine);
    if (mine.has(task)) return;
    const watcher = { actor, task, version: 0, live: false, behindSince: undefined };
    mine.set(task, watcher);
    streamOf(task).watchers.add(watcher);
  }

  function leave(watcher: Watcher | undefined): void {
    if (watcher === undefined) return;
    judge(watcher);
    watchersOf.get(watcher.actor)?.delete(watcher.task);
    const stream = streamOf(watcher.task);
    stream.watchers.delete(watcher);
    if (stream.watchers.size === 0) streams.delete(watcher.task);
  }

  function judge({ actor, task, version, behindSince }: Watcher): void {
    if (behindSince === undefined) return;
    if (now - behindSince <= behindMs) return;
    const excused = Math.min(unnoticedMs, silentFor(actor, behindSince) + silentFor("", behindSince));
    stalls.ifLonger(behindMs + excused, behindSince, now, (ms) =>
      report("silent_gap", actor, `${Math.round(ms)} ms behind version ${version} without knowing it`, task),
    );
  }

  function silentFor(actor: string, since: number): number {
    let total = 0;
    for (const { from, to } of silences.get(actor) ?? []) {
      total += Math.max(0, Math.min(to, now) - Math.max(from, since));
    }
    return total;
  }

  /** Since when there is something newer than a version. From the end: few are far behind. */
  function since(task: string, version: number): number | undefined {
    const versions = streams.get(task)?.versions ?? [];
    let index = versions.length;
    while (index > 0 && (versions[index - 1]?.version ?? 0) > version) index -= 1;
    return versions[index]?.at;
  }

  /** It has this version from now on. */
  function advance(watcher: Watcher, version: number): void {
    if (watcher.live) judge(watcher);
    watcher.version = Math.max(watcher.version, version);
    watcher.behindSince = watcher.live ? since(watcher.task, watcher.version) : undefined;
  }

  function silence(actor: string, at: number): void {
    const known = silences.get(actor) ?? [];
    silences.set(actor, known);
    // A silence that has ended long ago excuses no client any more.
    while (known[0] !== undefined && known[0].to < at - behindMs - 2 * unnoticedMs) known.shift();
    known.push({ from: at, to: Number.POSITIVE_INFINITY });
  }

  function hear(actor: string, at: number): void {
    const last = silences.get(actor)?.at(-1);
    if (last !== undefined) last.to = Math.min(last.to, at);
  }

  return {
    take(line) {
      now = line.at;
      switch (line.operation) {
        case "watched":
          return watch(line.actor, line.task);
        case "gone":
          for (const watcher of [...(watchersOf.get(line.actor)?.values() ?? [])]) leave(watcher);
          return;
        case "left":
        case "final":
          return leave(watcherOf(line.actor, line.task));
        case "reported": {
          // A task that no client watches cannot be missed.
          const stream = streams.get(line.task);
          if (stream === undefined) return;
          const { versions, watchers } = stream;
          // Another node has learnt of it.
          if (line.version <= (versions.at(-1)?.version ?? 0)) return;
          versions.push({ version: line.version, at: now });
          if (versions.length > 2 * keep) versions.splice(0, keep);
          for (const watcher of watchers) if (watcher.live) watcher.behindSince ??= now;
          return;
        }
        case "live": {
          const watcher = watcherOf(line.actor, line.task);
          if (watcher === undefined) return;
          watcher.live = true;
          watcher.behindSince = undefined;
          advance(watcher, line.version);
          // What came to be while the answer was on its way counts from its arrival.
          if (watcher.behindSince !== undefined) watcher.behindSince = now;
          return;
        }
        case "applied": {
          const watcher = watcherOf(line.actor, line.task);
          if (watcher !== undefined) advance(watcher, line.version);
          return;
        }
        case "lost":
          for (const watcher of watchersOf.get(line.actor)?.values() ?? []) {
            judge(watcher);
            watcher.live = false;
            watcher.behindSince = undefined;
          }
          return;
        case "silenced":
          return silence(line.actor ?? "", now);
        case "heard":
          return hear(line.actor ?? "", now);
      }
    },
    end() {
      for (const watchers of watchersOf.values()) for (const watcher of watchers.values()) judge(watcher);
    },
  };
}
