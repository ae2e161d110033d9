import type { Clock } from "./ports.ts";

interface Fold<Line> {
  readonly line: Line;
  readonly since: number;
  count: number;
}

/** The lines of one kind. Kinds do not share their bound: a flood of one must not hide another. */
interface KindFolds<Line> {
  readonly lines: Map<string, Fold<Line>>;
  /** What is in none of the lines, in a flood. */
  rest: Fold<Line> | undefined;
  /** A flood goes on until then, though its lines have been closed. */
  floodUntil: number;
}

interface FoldsOptions<Line> {
  readonly clock: Pick<Clock, "monotonic">;
  readonly foldMs: number;
  /** Different lines of one kind that are open at a time; beyond it the kind is in a flood. */
  readonly maxOpenLines: number;
  /** Told of a line when it is closed, if it stands for more than one. */
  onClosed(line: Line, count: number): void;
}

interface FoldEntry<Line> {
  readonly kind: string;
  /** What makes two entries of a kind equal. */
  readonly key: string;
  /** Makes the line that a first entry begins. */
  open(): Line;
  /** Makes the line that stands for everything else, in a flood. */
  openRest(): Line;
}

/** Folds equal entries into lines with exact counts. */
export interface Folds<Line> {
  /** Counts an entry: in an equal line of the last `foldMs`, or in a new one. */
  add(entry: FoldEntry<Line>): void;
  /** Closes the lines whose time is over. Returns how many are open still. */
  closeDue(): number;
  closeAll(): void;
}

/**
 * Who varies what makes entries equal gets `maxOpenLines` lines; all others are counted in one line per `foldMs`, for as
 * long as that line stands for as many entries. So n entries of a kind make at most `maxOpenLines + n / maxOpenLines`
 * lines while the flood lasts.
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
        // In the order of their beginning: the rest is younger.
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
