import type { Journal } from "./journal.ts";

const tickMs = 25;

/** A pause that is longer than this is more than what clients do of themselves. */
const stallMs = 75;

/**
 * Writes down when this process did not run: on a machine that does other things a client may be late for no fault of the
 * layer's.
 * @returns to be called before anything else is written down, so that a pause comes before what was waiting behind it
 */
export function createStallNotice(journal: Journal): () => void {
  let last = Date.now();

  function notice(): void {
    const at = Date.now();
    if (at - last > stallMs) journal.write({ operation: "stalled", actor: journal.actor, ms: at - last, at });
    last = at;
  }
  setInterval(notice, tickMs);
  return notice;
}
