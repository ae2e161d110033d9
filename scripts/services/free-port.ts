import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that Linux, macOS and Windows give to outgoing connections. */
const [first, last] = [20_000, 32_000] as const;

/**
 * A port on which nothing listens. It stays free until it is listened on, also over a restart: ports that a system
 * chooses itself may meanwhile be given to an outgoing connection.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(first, last);
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return freePort();
    throw error;
  }
  await new Promise((resolve) => server.close(resolve));
  return port;
}
