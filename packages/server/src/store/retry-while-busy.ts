import { setTimeout as delay } from "node:timers/promises";

/** How long another process may hold the database before a statement fails. */
const patienceMs = 5000;
const pauseMs = 50;

/** Primary result code of a database that somebody else has locked (sqlite.org/rescode.html). */
const sqliteBusy = 5;

/**
 * Runs a statement again while the database is locked by another process.
 * @throws what the statement throws: at once, or `database is locked` after five seconds
 */
export async function retryWhileBusy<Result>(run: () => Promise<Result>): Promise<Result> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    await delay(pauseMs);
  }
}

/** The low byte is the primary code; the rest says which lock it was. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === sqliteBusy;
