import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** In Linux's abstract namespace: no file, and gone with the process, however it ends (unix(7)). */
const socketName = "\0signalbox-bench";

const askAgainMs = 1000;

/**
 * Waits until no other bench runs on this machine: two would share the cores that each takes for its own.
 * @param onWait - called once when there is another
 */
export async function waitForTurn(onWait: () => void): Promise<void> {
  for (let asked = 0; !(await take()); asked += 1) {
    if (asked === 0) onWait();
    await pause(askAgainMs);
  }
}

/** Held by this process from then on, which it does not keep alive. */
async function take(): Promise<boolean> {
  const server = createServer().listen(socketName);
  server.unref();
  try {
    await once(server, "listening");
    return true;
  } catch (error) {
    // Where there are no such sockets, no other bench can be waited for.
    return (error as NodeJS.ErrnoException).code !== "EADDRINUSE";
  }
}
