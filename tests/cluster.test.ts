/** `npm run cluster` stays up when one of its processes is killed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { freePort } from "../scripts/services/free-port.ts";

const root = join(import.meta.dirname, "..");

it("serves on while a killed node is away, starts it again, and ends with all its processes", async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const cluster = spawn(process.execPath, ["scripts/cluster.ts"], {
    cwd: root,
    env: { ...process.env, NODE_ENV: "development", PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(cluster, "exit");
  onTestFinished(async () => {
    cluster.kill("SIGTERM");
    await ended;
  });
  let printed = "";
  cluster.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    printed += chunk;
  });
  const processesOf = (name: string): number[] =>
    [...printed.matchAll(new RegExp(`^${name} *\\| process (\\d+)$`, "gm"))].map(([, pid]) => Number(pid));
  const startsOf = (name: string): number =>
    printed.match(new RegExp(`^${name} *\\| (The workbench is running|A worker of)`, "gm"))?.length ?? 0;
  const statuses = (): Promise<number[]> =>
    Promise.all(
      Array.from({ length: 10 }, async (_, browser) => {
        const headers = { cookie: `signalbox_node=${browser}` };
        return (await fetch(`${url}/livez`, { headers })).status;
      }),
    );
  const allWell = Array.from({ length: 10 }, () => 200);
  const names = ["node 1", "node 2", "worker"];
  await expect.poll(() => names.map(startsOf), { timeout: 60_000 }).toEqual([1, 1, 1]);
  expect(await statuses()).toEqual(allWell);

  const [killed = 0] = processesOf("node 1");
  process.kill(killed, "SIGKILL");
  await expect.poll(() => printed).toMatch(/^node 1 *\| ended by SIGKILL, starts again in \d+ s$/m);
  expect(await statuses()).toEqual(allWell);

  await expect.poll(() => names.map(startsOf), { timeout: 60_000 }).toEqual([2, 1, 1]);
  expect(await statuses()).toEqual(allWell);
  const running = names.flatMap((name) => processesOf(name).slice(-1));

  cluster.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  for (const pid of running) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
}, 180_000);

it("names a port that is taken, and starts nothing", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const cluster = spawn(process.execPath, ["scripts/cluster.ts"], {
    cwd: root,
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(cluster, "exit");
  const told = await text(cluster.stderr);
  expect(told).toContain(`Port ${port} is in use. Stop what uses it, or set PORT to another.\n`);
  expect(await ended).toEqual([1, null]);
});
