import type { Clock } from "../../core/ports.ts";

/** The requests that were accepted and are not answered yet. */
export interface InFlightRequests {
  /**
   * Call this with each request; it must not reject.
   * @param origin - the connection that it came on
   */
  add(request: Promise<void>, origin?: object): void;
  /** Resolves when all, or those of the given origins, have been answered, or `withinMs` have passed. */
  settled(withinMs: number, origins?: ReadonlySet<object | undefined>): Promise<void>;
}

export function createInFlightRequests(clock: Clock): InFlightRequests {
  const requests = new Map<Promise<void>, object | undefined>();

  return {
    add(request, origin) {
      requests.set(request, origin);
      void request.then(() => requests.delete(request));
    },
    async settled(withinMs, origins) {
      const awaited = [...requests].filter(([, origin]) => origins?.has(origin) ?? true).map(([request]) => request);
      let cancel = (): void => {};
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(withinMs, resolve);
      });
      await Promise.race([Promise.all(awaited), late]);
      cancel();
    },
  };
}
