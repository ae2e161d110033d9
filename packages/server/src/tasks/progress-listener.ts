import type { TaskSnapshot } from "@signalbox/protocol";

/** Told of every change, synchronously and in order. */
export interface ProgressListener {
  created?(task: TaskSnapshot): void;
  /** The task belongs to somebody else now; told before the change itself. */
  handedOver?(task: TaskSnapshot): void;
  /** The task is no more; its last state. */
  removed?(task: TaskSnapshot): void;
  changed(task: TaskSnapshot): void;
  /** The final state, once, after it was committed. */
  ended(task: TaskSnapshot): void;
}
