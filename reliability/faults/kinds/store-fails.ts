import { DatabaseSync } from "node:sqlite";
import { pause, type World } from "../world.ts";
import type { FaultKind } from "./kind.ts";

/** Longer than a statement waits for a lock (5 s): what waits behind it is refused, and tried again. */
const lockedMs = 10_000;

/** While nothing can be written: progress goes on, readiness says so; and again when it can. */
async function withoutStore(world: World, forMs: number, repair: () => unknown): Promise<void> {
  const { told } = await world.audienceStatus();
  const saysSo = await world.until(async () => !(await isReady(world)), 8000);
  world.promise("readiness says so", saysSo, "still 200");
  const gone = pause(forMs);
  const goesOn = await world.until(async () => (await world.audienceStatus()).told > told + 100, forMs);
  world.promise("live progress goes on", goesOn, "fewer than 100 states were told");
  await gone;
  await repair();
  world.promise("ready again", await world.until(() => isReady(world), 8000), "still 503");
}

async function isReady({ url }: World): Promise<boolean> {
  const response = await fetch(`${url}/readyz`, { headers: { connection: "close" } });
  await response.arrayBuffer();
  return response.ok;
}

/** Takes the write lock from a process that is not the server. */
async function lock({ until, databasePath: path }: World): Promise<() => void> {
  const database = new DatabaseSync(path, { timeout: 100 });
  await until(() => {
    try {
      database.exec("BEGIN EXCLUSIVE");
      return true;
    } catch {
      return false;
    }
  }, 10_000);
  return () => {
    database.exec("ROLLBACK");
    database.close();
  };
}

const promise =
  "writes are refused or late, never acknowledged without a row; live progress goes on; readiness says so";

export const storeFails: readonly FaultKind[] = [
  {
    name: "database_locked",
    fault: "another process holds the database's lock for 10 s",
    promise,
    async inject({ world, quick }) {
      const since = Date.now();
      const unlock = await lock(world);
      const heldMs = quick ? 6000 : lockedMs;
      await withoutStore(world, 500, async () => {
        await pause(heldMs - (Date.now() - since));
        unlock();
      });
    },
  },
  {
    name: "database_read_only",
    fault: "the database becomes read-only for 1 to 3 s",
    promise,
    async inject({ world, random }) {
      await world.server.ask("readOnly", true);
      await withoutStore(world, 1000 + random() * 2000, () => world.server.ask("readOnly", false));
    },
  },
  {
    name: "disk_full",
    fault: "the file system of the database is full to the last byte for 1 to 3 s",
    promise,
    needs: "disk",
    async inject({ world, disk, random }) {
      if (disk === undefined)
        throw new Error("No file system may be mounted here: run as root, or leave disk_full out.");
      disk.fill();
      await withoutStore(world, 1000 + random() * 2000, () => disk.free());
    },
  },
];
