import { setTimeout as delay } from "node:timers/promises";

/** How long another process may lock the database before a statement fails. */
const patienceMs = 5000;
const pauseMs = 50;

/** Primary result code of a database that another connection has locked (sqlite.org/rescode.html). */
const sqliteBusy = 5;

/**
 * Retries a statement while another process locks the database.
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

/** The low byte is the primary result code; the other bytes identify the lock. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === sqliteBusy;
