/** Work that is done at once, then at most once in each span of time however often it is asked for. */
export interface Paced {
  ask(): void;
  stop(): void;
}

/** @param spanMs - the last request within a span is met at its end, so that nothing asked for stays undone */
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
