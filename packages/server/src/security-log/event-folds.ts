import type { SecurityEvent } from "@signalbox/protocol";
import { createFolds, type Folds } from "../core/folds.ts";
import type { Clock } from "../core/ports.ts";
import { describeFlood, type EventDescription } from "./describe-event.ts";

/** Different lines of one type that are open at a time. */
const maxOpenLines = 200;

interface EventFoldsOptions {
  readonly clock: Pick<Clock, "monotonic">;
  readonly foldMs: number;
  /** Makes the line that a first event begins. */
  begin(description: EventDescription): SecurityEvent;
  /** Told of a line when it begins, and again when it has been closed, if its count has grown. */
  show(event: SecurityEvent, requestId: string | undefined): void;
}

export interface EventFolds extends Omit<Folds<never>, "add"> {
  /** Counts an event: in an equal line of the last `foldMs`, or in a new one. */
  add(description: EventDescription, requestId?: string): void;
}

/** Folds equal events into lines with exact counts, by type. A line keeps the request id of the first of its events. */
export function createEventFolds({ clock, foldMs, begin, show }: EventFoldsOptions): EventFolds {
  const folds = createFolds<{ event: SecurityEvent; requestId: string | undefined }>({
    ...{ clock, foldMs, maxOpenLines },
    onClosed: ({ event, requestId }, count) => show({ ...event, count }, requestId),
  });

  function open(description: EventDescription, requestId: string | undefined) {
    const event = begin(description);
    show(event, requestId);
    return { event, requestId };
  }

  return {
    ...folds,
    add(description, requestId) {
      const { type } = description;
      folds.add({
        kind: type,
        key: keyOf(description),
        open: () => open(description, requestId),
        openRest: () => open(describeFlood(type), requestId),
      });
    },
  };
}

/** What makes two events of a type equal. Origins and texts do not count: they are the sender's to vary. */
const keyOf = ({ ip, user_id, namespace, event, code }: EventDescription): string =>
  JSON.stringify([ip, user_id, namespace, event, code]);
