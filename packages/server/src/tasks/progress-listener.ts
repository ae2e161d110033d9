import type { TaskSnapshot } from "@signalbox/protocol";

/** Receives every change, synchronously and in order. */
export interface ProgressListener {
  created?(task: TaskSnapshot): void;
  /** The task has another owner now; called before the change itself. */
  handedOver?(task: TaskSnapshot): void;
  /** The task was removed; called with its last state. */
  removed?(task: TaskSnapshot): void;
  changed(task: TaskSnapshot): void;
  /** The final state, once, after it was committed. */
  ended(task: TaskSnapshot): void;
}
