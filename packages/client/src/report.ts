/** An error that no caller waits for. */
export interface Problem {
  readonly kind: "listener_failed" | "malformed_message" | "internal";
  readonly error: unknown;
  /** The event concerned, if any. */
  readonly event?: string;
}

/** Receives problems: the application is notified, and everything else continues. */
export interface Reporter {
  report(problem: Problem): void;
  /** Runs the application's code and reports what it throws. */
  guard(run: () => void): void;
}

/** @param onProblem - default: the platform's own report of uncaught errors, which appears in the console */
export function createReporter(onProblem: (problem: Problem) => void = toPlatform): Reporter {
  return {
    report: onProblem,
    guard(run) {
      try {
        run();
      } catch (error) {
        onProblem({ kind: "listener_failed", error });
      }
    },
  };
}

/** A malformed message is the server's fault and does not belong in every visitor's console. */
function toPlatform({ kind, error }: Problem): void {
  if (kind !== "malformed_message") globalThis.reportError?.(error);
}
