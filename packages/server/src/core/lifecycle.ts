type Step = () => void | Promise<void>;

/**
 * What modules do when the server closes. Steps run one after the other, in the reverse order of registration: a module
 * is created after those it uses, and therefore stops before them.
 */
export interface Lifecycle {
  /** Registers a step of draining: afterwards no connection is left, and the application may still report and notify. */
  onDrain(step: Step): void;
  /** Registers a step of closing, which follows draining. */
  onClose(step: Step): void;
  /** Whether draining has begun: the server wants no more traffic. */
  isDraining(): boolean;
  /** Drains once; later calls wait for the same end. */
  drain(): Promise<void>;
  /** Drains and closes once; later calls wait for the same end. */
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

/** Nothing is awaited between synchronous steps: what a process does before it ends must not wait for another turn. */
async function runInReverse(steps: readonly Step[]): Promise<void> {
  for (const step of steps.toReversed()) {
    const done = step();
    if (done instanceof Promise) await done;
  }
}
