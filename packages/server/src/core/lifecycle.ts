type Step = () => void | Promise<void>;

/**
 * The steps of a graceful shutdown. They run one after the other, in the reverse order of registration: a module is
 * created after the modules that it uses, and therefore stops before them.
 */
export interface Lifecycle {
  /**
   * Registers a step of draining. After draining no connection is open, and the application may still report tasks and
   * send notifications.
   */
  onDrain(step: Step): void;
  /** Registers a step of closing. Closing follows draining. */
  onClose(step: Step): void;
  /** Whether draining has begun: the server should then receive no more traffic. */
  isDraining(): boolean;
  /** Drains once. Later calls return the same promise. */
  drain(): Promise<void>;
  /** Drains and closes once. Later calls return the same promise. */
  close(): Promise<void>;
}

export function createLifecycle(): Lifecycle {
  const drainSteps: Step[] = [];
  const closeSteps: Step[] = [];
  let drained: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  function drain(): Promise<void> {
    drained ??= runInReverse(drainSteps);
    return drained;
  }

  return {
    onDrain: (step) => void drainSteps.push(step),
    onClose: (step) => void closeSteps.push(step),
    isDraining: () => drained !== undefined,
    drain,
    close() {
      closed ??= drain().then(() => runInReverse(closeSteps));
      return closed;
    },
  };
}

/** Does not await synchronous steps: a process that is about to exit may have no further turn of the event loop. */
async function runInReverse(steps: readonly Step[]): Promise<void> {
  for (const step of steps.toReversed()) {
    const done = step();
    if (done instanceof Promise) await done;
  }
}
