import { timeWords } from "../words.ts";

/** A point in time, for people and for machines. */
export function Moment({ at }: { at: string }) {
  return <time dateTime={at}>{timeWords(at)}</time>;
}
