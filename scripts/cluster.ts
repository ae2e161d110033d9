/**
 * `npm run cluster`: nginx, two nodes of the workbench, a worker, Redis and PostgreSQL on loopback, for trying out. PORT is
 * that of nginx. A node or worker that is killed starts again after some seconds, and the others go on meanwhile, so a
 * failover can be tried. All data is removed when the cluster ends.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./services/free-port.ts";
import { startNginx } from "./services/nginx.ts";
import { startPostgres } from "./services/postgres.ts";
import { startRedis } from "./services/redis.ts";
import { isOpen } from "./services/service.ts";
import { type Supervised, supervise } from "./services/supervise.ts";

const port = Number(process.env.PORT ?? 3000);
const url = `http://localhost:${port}`;
if (await isOpen(port)) {
  process.stderr.write(`Port ${port} is in use. Stop what uses it, or set PORT to another.\n`);
  process.exit(1);
}
const nodePorts = [await freePort(), await freePort()] as const;
const folder = mkdtempSync(join(tmpdir(), "signalbox-cluster-"));
const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
const stopNginx = await startNginx({ port, nodePorts, use: ["upstream-by-cookie.conf", "server.conf"] });
const shared = {
  ...process.env,
  ...{ REDIS_URL: redis.url, DATABASE_URL: postgres.url, DATA_DIR: folder },
  ...{ HOST: "127.0.0.1", PUBLIC_URL: url, TRUST_PROXY: "127.0.0.1" },
  SIGNALBOX_SECRET: process.env.SIGNALBOX_SECRET ?? randomBytes(32).toString("base64url"),
  ADMIN_EMAIL: process.env.ADMIN_EMAIL ?? "admin@example.com",
  ADMIN_PASSWORD: process.env.ADMIN_PASSWORD ?? randomBytes(9).toString("base64url"),
};

let ending = false;
const processes = [
  run("node 1", "main.js", { PORT: String(nodePorts[0]) }),
  run("node 2", "main.js", { PORT: String(nodePorts[1]) }),
  run("worker", "worker.js", {}),
];
say("cluster", `Redis at ${redis.url}, PostgreSQL at ${postgres.url}`);
say("cluster", `nginx at ${url} sends each browser to one node: kill -9 of its process tries a failover`);
say("cluster", `Sign in as ${shared.ADMIN_EMAIL}, password ${shared.ADMIN_PASSWORD}; Ctrl+C ends the cluster`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end(0));

/** Prints each line with the name of its process in front. */
function say(name: string, text: string): void {
  for (const line of text.trimEnd().split("\n")) process.stdout.write(`${name.padEnd(8)}| ${line}\n`);
}

function run(name: string, file: string, environment: NodeJS.ProcessEnv): Supervised {
  return supervise({
    ...{ name, file: join("apps/workbench/dist/server", file), environment: { ...shared, ...environment } },
    readyLine: /workbench is running|worker of the workbench/,
    say,
    onFailedStart: () => ending || void end(1),
  });
}

async function end(code: number): Promise<void> {
  // The second signal ends at once.
  if (ending) process.exit(1);
  ending = true;
  await Promise.all(processes.map((each) => each.stop()));
  await Promise.all([stopNginx(), redis.stop(), postgres.stop()]);
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}
