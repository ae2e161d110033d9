import type { SecurityEvent, SecurityEventType } from "@signalbox/protocol";
import type { Clock } from "../ports.ts";
import { describeFlood, type EventDescription } from "./describe-event.ts";

/** Different lines of one type that are open at a time; beyond it the type is in a flood. */
const maxOpenLines = 200;

interface Fold {
  event: SecurityEvent;
  readonly since: number;
  /** Of the first of its events. */
  readonly requestId: string | undefined;
}

/** The lines of one type. Types do not share their bound: a flood of one must not hide another. */
interface TypeFolds {
  readonly lines: Map<string, Fold>;
  /** What is in none of the lines, in a flood. */
  rest: Fold | undefined;
  /** A flood goes on until then, though its lines have been closed. */
  floodUntil: number;
}

interface EventFoldsOptions {
  readonly clock: Clock;
  readonly foldMs: number;
  /** Makes the line that a first event begins. */
  begin(description: EventDescription): SecurityEvent;
  /** Told of a line when it begins, and again when it has been closed, if its count has grown. */
  show(event: SecurityEvent, requestId: string | undefined): void;
}

export interface EventFolds {
  /** Counts an event: in an equal line of the last `foldMs`, or in a new one. */
  add(description: EventDescription, requestId?: string): void;
  /** Closes the lines whose time is over. */
  closeDue(): void;
  closeAll(): void;
}

/**
 * Folds equal events into lines with exact counts. Who varies what makes events equal, such as the address, gets
 * `maxOpenLines` lines; all others are counted in one line per `foldMs`, for as long as that line stands for as many
 * events. So n events of a type make at most `maxOpenLines + n / maxOpenLines` lines while the flood lasts.
 */
export function createEventFolds({ clock, foldMs, begin, show }: EventFoldsOptions): EventFolds {
  const types = new Map<SecurityEventType, TypeFolds>();

  function open(description: EventDescription, requestId: string | undefined): Fold {
    const fold = { event: begin(description), since: clock.now(), requestId };
    show(fold.event, requestId);
    return fold;
  }

  function count(fold: Fold): void {
    fold.event = { ...fold.event, count: fold.event.count + 1 };
  }

  function close({ event, requestId }: Fold): void {
    if (event.count > 1) show(event, requestId);
  }

  function closeSince(since: number): void {
    for (const folds of types.values()) {
      for (const [key, fold] of folds.lines) {
        // In the order of their beginning: the rest is younger.
        if (fold.since > since) break;
        folds.lines.delete(key);
        close(fold);
      }
      if (folds.rest === undefined || folds.rest.since > since) continue;
      if (folds.rest.event.count >= maxOpenLines) folds.floodUntil = clock.now() + foldMs;
      close(folds.rest);
      folds.rest = undefined;
    }
  }

  return {
    add(description, requestId) {
      closeSince(clock.now() - foldMs);
      const { type } = description;
      const folds = types.get(type) ?? { lines: new Map<string, Fold>(), rest: undefined, floodUntil: 0 };
      types.set(type, folds);
      const key = keyOf(description);
      const line = folds.lines.get(key);
      if (line !== undefined) return count(line);
      if (folds.rest !== undefined) return count(folds.rest);
      if (folds.lines.size >= maxOpenLines || clock.now() < folds.floodUntil) {
        folds.rest = open(describeFlood(type), requestId);
        return;
      }
      folds.lines.set(key, open(description, requestId));
    },
    closeDue: () => closeSince(clock.now() - foldMs),
    closeAll: () => closeSince(Number.POSITIVE_INFINITY),
  };
}

/** What makes two events of a type equal. Origins and texts do not count: they are the sender's to vary. */
const keyOf = ({ ip, user_id, namespace, event, code }: EventDescription): string =>
  JSON.stringify([ip, user_id, namespace, event, code]);
