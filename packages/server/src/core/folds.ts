import type { Clock } from "./ports.ts";

interface Fold<Line> {
  readonly line: Line;
  readonly since: number;
  count: number;
}

/** The open lines of one kind. Each kind has its own limit: a flood of one kind must not hide another. */
interface KindFolds<Line> {
  readonly lines: Map<string, Fold<Line>>;
  /** Counts the entries that have no line of their own, during a flood. */
  rest: Fold<Line> | undefined;
  /** End of the flood, in monotonic milliseconds. It may be later than the moment at which its lines are closed. */
  floodUntil: number;
}

interface FoldsOptions<Line> {
  readonly clock: Pick<Clock, "monotonic">;
  readonly foldMs: number;
  /** Maximum number of different lines of one kind that are open at a time. Beyond it the kind is in a flood. */
  readonly maxOpenLines: number;
  /** Called with each line that is closed, if it counts more than one entry. */
  onClosed(line: Line, count: number): void;
}

interface FoldEntry<Line> {
  readonly kind: string;
  /** What makes two entries of a kind equal. */
  readonly key: string;
  /** Makes the line for the first of several equal entries. */
  open(): Line;
  /** Makes the line that counts all other entries during a flood. */
  openRest(): Line;
}

/** Folds equal entries into lines with exact counts. */
export interface Folds<Line> {
  /** Counts an entry in an equal line of the last `foldMs`, or in a new line. */
  add(entry: FoldEntry<Line>): void;
  /** Closes the lines that are older than `foldMs`. Returns how many are still open. */
  closeDue(): number;
  closeAll(): void;
}

/**
 * A sender that varies the key gets at most `maxOpenLines` lines. All further entries are counted in one line per
 * `foldMs`, as long as that line counts at least `maxOpenLines` entries. So n entries of a kind make at most
 * `maxOpenLines + n / maxOpenLines` lines while the flood lasts.
 */
export function createFolds<Line>({ clock, foldMs, maxOpenLines, onClosed }: FoldsOptions<Line>): Folds<Line> {
  const kinds = new Map<string, KindFolds<Line>>();

  const begin = (line: Line): Fold<Line> => ({ line, since: clock.monotonic(), count: 1 });

  function close({ line, count }: Fold<Line>): void {
    if (count > 1) onClosed(line, count);
  }

  function closeSince(since: number): void {
    for (const folds of kinds.values()) {
      for (const [key, fold] of folds.lines) {
        // Lines are in the order of their creation: all that follow are younger.
        if (fold.since > since) break;
        folds.lines.delete(key);
        close(fold);
      }
      if (folds.rest === undefined || folds.rest.since > since) continue;
      if (folds.rest.count >= maxOpenLines) folds.floodUntil = clock.monotonic() + foldMs;
      const { rest } = folds;
      folds.rest = undefined;
      close(rest);
    }
  }

  return {
    add({ kind, key, open, openRest }) {
      closeSince(clock.monotonic() - foldMs);
      const folds = kinds.get(kind) ?? { lines: new Map(), rest: undefined, floodUntil: Number.NEGATIVE_INFINITY };
      kinds.set(kind, folds);
      const known = folds.lines.get(key) ?? folds.rest;
      if (known !== undefined) known.count += 1;
      else if (folds.lines.size >= maxOpenLines || clock.monotonic() < folds.floodUntil) folds.rest = begin(openRest());
      else folds.lines.set(key, begin(open()));
    },
    closeDue() {
      closeSince(clock.monotonic() - foldMs);
      let open = 0;
      for (const { lines, rest } of kinds.values()) open += lines.size + (rest === undefined ? 0 : 1);
      return open;
    },
    closeAll: () => closeSince(Number.POSITIVE_INFINITY),
  };
}
