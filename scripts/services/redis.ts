import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { type Service, startService } from "./service.ts";

/** Starts a Redis that keeps nothing on disk: killed, it comes back empty. */
export async function startRedis(): Promise<Service> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "signalbox-redis-"));
  return startService({
    ...{ name: "redis-server", url: `redis://127.0.0.1:${port}`, port },
    command: [
      "redis-server",
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"],
    ],
    removeFiles: () => rmSync(folder, { recursive: true, force: true }),
  });
}
