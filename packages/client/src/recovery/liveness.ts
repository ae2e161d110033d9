import type { Attempt } from "../attempt.ts";
import type { Environment } from "../environment.ts";

/** How long a connection that may be dead has to respond. */
const livenessMs = 2000;

/**
 * Checks over an open connection whether the server still responds. A connection whose other end vanished without
 * notice looks open until the heartbeat fails, which takes three quarters of a minute.
 * @returns whether a response arrived in time
 */
export function isAlive(attempt: Attempt, namespace: string, environment: Environment): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = environment.after(livenessMs, () => resolve(false));
    // Any response counts: a server that does not know this event is alive as well.
    attempt.emit(namespace, "check_connection", {}, () => {
      cancel();
      resolve(true);
    });
  });
}
