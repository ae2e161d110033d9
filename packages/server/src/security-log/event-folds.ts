import type { SecurityEvent } from "@signalbox/protocol";
import { createFolds, type Folds } from "../core/folds.ts";
import type { Clock } from "../core/ports.ts";
import { describeFlood, type EventDescription } from "./describe-event.ts";

/** Maximum number of different lines of one type that are open at a time. */
const maxOpenLines = 200;

interface EventFoldsOptions {
  readonly clock: Pick<Clock, "monotonic">;
  readonly foldMs: number;
  /** Makes the line for the first of several equal events. */
  begin(description: EventDescription): SecurityEvent;
  /** Called with a line when it is opened, and again when it is closed, if its count has grown. */
  show(event: SecurityEvent, requestId: string | undefined): void;
}

export interface EventFolds extends Omit<Folds<never>, "add"> {
  /** Counts an event in an equal line of the last `foldMs`, or in a new line. */
  add(description: EventDescription, requestId?: string): void;
}

/** Folds equal events into lines with exact counts, by type. A line has the request id of its first event. */
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

/** The key by which two events of a type are equal. It has no origin and no text, because the sender can vary these. */
const keyOf = ({ ip, user_id, namespace, event, code }: EventDescription): string =>
  JSON.stringify([ip, user_id, namespace, event, code]);
