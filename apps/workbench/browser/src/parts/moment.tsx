import { createStore, useStore } from "../store.ts";
import { agoWords, timeWords } from "../words.ts";

const clock = createStore({ now: Date.now() });
setInterval(() => clock.set({ now: Date.now() }), 15_000);

/** A point in time in relative words, such as "5 minutes ago"; the exact time is its title. */
export function Moment({ at }: { at: string }) {
  useStore(clock);
  return (
    <time dateTime={at} title={timeWords(at)}>
      {agoWords(at, Date.now())}
    </time>
  );
}

/** A point in time to the second, for logs. */
export function ExactMoment({ at }: { at: string }) {
  return <time dateTime={at}>{timeWords(at)}</time>;
}
