import type { Attempt } from "../attempt.ts";
import type { Environment } from "../environment.ts";

/** How long a connection that may be dead has to answer. */
const livenessMs = 2000;

/**
 * Asks the server over an open connection whether it is still there. A connection whose other end is gone without a
 * word looks open until the heartbeat fails, which takes three quarters of a minute.
 * @returns whether there was an answer in time
 */
export function isAlive(attempt: Attempt, namespace: string, environment: Environment): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = environment.after(livenessMs, () => resolve(false));
    // Any answer will do: a server that does not know the question is alive as well.
    attempt.emit(namespace, "check_connection", {}, () => {
      cancel();
      resolve(true);
    });
  });
}
