import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/services/free-port.ts";
import { startPostgres } from "../../scripts/services/postgres.ts";
import { startRedis } from "../../scripts/services/redis.ts";
import type { LoadCommands } from "../load/commands.ts";
import { socketIoPath } from "../peers/node/node-peer.ts";
import type { ServerCommands } from "../peers/server-commands.ts";
import { type Control, controlStdio, createControl } from "../process/control.ts";

/** A node, and the load process that is aimed at it. */
interface NodeUnderLoad {
  readonly pid: number;
  readonly server: Control<ServerCommands>;
  readonly load: Control<LoadCommands>;
}

/** Nodes on one Redis and one PostgreSQL, each with load of its own. */
export interface ClusterStage {
  readonly nodes: readonly NodeUnderLoad[];
  readonly redis: { readonly url: string; readonly pid: number };
  close(): Promise<void>;
}

/** @param tasksOfEach - how many tasks each node reports: the first node the first of them, and so on */
export async function setClusterStage(nodes: number, tasksOfEach: number): Promise<ClusterStage> {
  const directory = mkdtempSync(join(tmpdir(), "bench-cluster-"));
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  const closing: (() => unknown)[] = [];

  async function startNode(number: number): Promise<NodeUnderLoad> {
    const port = await freePort();
    const params = { port, listenAtUs: 0, broadcastSocket: join(directory, `broadcasts-${number}`) };
    const environment = { REDIS_URL: redis.url, DATABASE_URL: postgres.url, FIRST_TASK: String(number * tasksOfEach) };
    const server = start("node.ts", ["--expose-gc"], [JSON.stringify(params)], environment);
    const load = start("../load/main.ts", [], [], {});
    const control = createControl<ServerCommands>(`Node ${number}`, server);
    const loadControl = createControl<LoadCommands>(`Load ${number}`, load);
    await control.call("listening", {});
    const broadcasts = { by: "server", socket: params.broadcastSocket } as const;
    const target = { port, wire: "socket.io", path: socketIoPath, secured: true, broadcasts } as const;
    await loadControl.call("aim", { target });
    return { pid: server.pid as number, server: control, load: loadControl };
  }

  function start(file: string, flags: readonly string[], args: readonly string[], environment: Record<string, string>) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = spawn(process.execPath, ["--conditions=@signalbox/source", ...flags, path, ...args], {
      ...{ stdio: controlStdio(2), env: { ...process.env, ...environment } },
    });
    closing.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    });
    return child;
  }

  return {
    nodes: await Promise.all(Array.from({ length: nodes }, (_, number) => startNode(number))),
    redis,
    async close() {
      await Promise.all(closing.map((close) => close()));
      await Promise.all([redis.stop(), postgres.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
