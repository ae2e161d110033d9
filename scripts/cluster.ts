/**
 * `npm run cluster`: two nodes of the workbench, a worker, Redis and PostgreSQL on loopback, for trying out. Everything
 * is gone when it ends. PORT is the first node's; the second has the next one.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "./services/postgres.ts";
import { startRedis } from "./services/redis.ts";

const firstPort = Number(process.env.PORT ?? 3000);
const folder = mkdtempSync(join(tmpdir(), "signalbox-cluster-"));
const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
const shared = {
  ...process.env,
  ...{ REDIS_URL: redis.url, DATABASE_URL: postgres.url, DATA_DIR: folder },
  SIGNALBOX_SECRET: process.env.SIGNALBOX_SECRET ?? randomBytes(32).toString("base64url"),
  ADMIN_EMAIL: process.env.ADMIN_EMAIL ?? "admin@example.com",
  ADMIN_PASSWORD: process.env.ADMIN_PASSWORD ?? randomBytes(9).toString("base64url"),
};

const children = [
  run("node 1", "main.js", { PORT: String(firstPort) }),
  run("node 2", "main.js", { PORT: String(firstPort + 1) }),
  run("worker", "worker.js", {}),
];
say("cluster", `Redis at ${redis.url}, PostgreSQL at ${postgres.url}`);
say("cluster", `Sign in as ${shared.ADMIN_EMAIL}, password ${shared.ADMIN_PASSWORD}; Ctrl+C ends all of it`);

let ending = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end(0));
for (const child of children) child.on("exit", () => ending || void end(1));

/** One line of a process, with its name in front. */
function say(name: string, text: string): void {
  for (const line of text.trimEnd().split("\n")) process.stdout.write(`${name.padEnd(8)}| ${line}\n`);
}

function run(name: string, file: string, environment: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [join("apps/workbench/dist/server", file)], {
    env: { ...shared, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.on("data", (data: Buffer) => say(name, data.toString()));
  child.stderr.on("data", (data: Buffer) => say(name, data.toString()));
  return child;
}

async function end(code: number): Promise<void> {
  // The second signal ends at once.
  if (ending) process.exit(1);
  ending = true;
  const running = children.filter((child) => child.exitCode === null && child.signalCode === null);
  const ended = running.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  for (const child of running) child.kill("SIGTERM");
  await Promise.all(ended);
  await Promise.all([redis.stop(), postgres.stop()]);
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}
