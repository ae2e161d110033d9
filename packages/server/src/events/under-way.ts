import type { Clock } from "../ports.ts";

/** The requests that were accepted and are not answered yet. */
export interface UnderWay {
  /** To be called with each request; it must not reject. */
  add(request: Promise<void>): void;
  /** Resolves when all have been answered, or `withinMs` have passed. */
  settled(withinMs: number): Promise<void>;
}

export function createUnderWay(clock: Clock): UnderWay {
  const requests = new Set<Promise<void>>();

  return {
    add(request) {
      requests.add(request);
      void request.then(() => requests.delete(request));
    },
    async settled(withinMs) {
      let cancel = (): void => {};
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(withinMs, resolve);
      });
      await Promise.race([Promise.all(requests), late]);
      cancel();
    },
  };
}
