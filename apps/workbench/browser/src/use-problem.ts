import { RequestError } from "@signalbox/client";
import { useEffect, useState } from "preact/hooks";
import { onConnectionReturn } from "./connection-return.ts";
import { RequestFailed, sentenceOf } from "./http.ts";

/** Whether no response arrived at all, as opposed to a refusal. */
export const isConnectionError = (error: unknown): boolean =>
  error instanceof RequestFailed
    ? error.code === "unreachable"
    : error instanceof RequestError && error.refusal === undefined;

/**
 * The sentence for an error, and a function to set or clear it. A connection error clears when the connection returns.
 */
export function useProblem(): [problem: string | null, set: (error: unknown) => void] {
  const [error, setError] = useState<unknown>(null);
  useEffect(
    () => onConnectionReturn(() => setError((current: unknown) => (isConnectionError(current) ? null : current))),
    [],
  );
  return [error === null ? null : sentenceOf(error), setError];
}

/** Loads data, and retries when the connection returns after a failure. Returns the sentence for a failure. */
export function useLoad(load: () => Promise<void>, inputs: readonly unknown[]): string | null {
  const [problem, setProblem] = useProblem();
  useEffect(() => {
    let isLoaded = false;
    const run = (): void =>
      void load().then(() => {
        isLoaded = true;
        setProblem(null);
      }, setProblem);
    run();
    return onConnectionReturn(() => !isLoaded && run());
  }, inputs);
  return problem;
}
