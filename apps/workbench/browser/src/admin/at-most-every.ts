/** Work that runs at once, then at most once per interval however often it is requested. */
export interface Paced {
  ask(): void;
  stop(): void;
}

/** @param spanMs - the last request within an interval is served at its end, so that none is lost */
export function atMostEvery(spanMs: number, work: () => void): Paced {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let isAsked = false;

  function run(): void {
    isAsked = false;
    waiting = setTimeout(() => {
      waiting = undefined;
      if (isAsked) run();
    }, spanMs);
    work();
  }

  return {
    ask() {
      isAsked = true;
      if (waiting === undefined) run();
    },
    stop() {
      clearTimeout(waiting);
      isAsked = false;
    },
  };
}
