/** Applications of real frameworks, installed in temporary folders from the packed packages. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Packed, packPackages } from "../../scripts/packages/pack.ts";
import { freePort } from "../../scripts/services/free-port.ts";
import { installNode } from "../packages/node-versions.ts";

const root = join(import.meta.dirname, "../..");

/** How long a server or a build of a framework may take on a busy machine, in milliseconds. */
const startWithinMs = 120_000;

/** An application in a folder of its own. */
export interface Project {
  readonly folder: string;
  /** Runs a command of the project, such as `tsc`, to its end, and returns what it printed. */
  run(command: string, args?: readonly string[]): Promise<string>;
  /** Starts a server on a free port, which it finds in PORT and PUBLIC_URL, and waits until it answers HTTP requests. */
  start(command: string, args: readonly string[], env?: Record<string, string>): Promise<RunningServer>;
  remove(): void;
}

export interface RunningServer {
  readonly url: string;
  /** Everything printed so far. */
  output(): string;
  /** Sends SIGTERM, and resolves with the exit code. */
  terminate(): Promise<number | null>;
}

let packing: readonly Packed[] | undefined;

/**
 * Installs a folder of this directory as a stranger does: its dependencies from the registry, Signalbox from tarballs.
 * @param name - the folder, such as `nestjs`
 * @param nodeRange - the version of Node that everything runs on
 */
export async function createProject(name: string, nodeRange = "24"): Promise<Project> {
  const home = mkdtempSync(join(tmpdir(), `framework-${name}-`));
  const folder = join(home, "project");
  cpSync(join(import.meta.dirname, name), folder, { recursive: true });
  packing ??= packPackages(root, mkdtempSync(join(tmpdir(), "framework-packed-")));
  const tarballs = Object.fromEntries(packing.map(({ name: pack, tarball }) => [pack, `file:${tarball}`]));
  const path = join(folder, "package.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  manifest.dependencies = { ...manifest.dependencies, ...tarballs };
  writeFileSync(path, JSON.stringify(manifest));
  const node = await installNode(nodeRange);
  const env = {
    ...process.env,
    PATH: [join(folder, "node_modules/.bin"), dirname(node), process.env.PATH].join(delimiter),
    // Vitest sets it for its own process; a framework would take it for the mode of the application.
    NODE_ENV: undefined,
  };
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
  const children = new Set<ChildProcess>();

  async function run(command: string, args: readonly string[] = []): Promise<string> {
    try {
      const { stdout } = await promisify(execFile)(command, args, { cwd: folder, env, maxBuffer: 2 ** 24 });
      return stdout;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`, { cause: error });
    }
  }

  await run("npm", ["install", ...quiet]);
  return {
    folder,
    run,
    async start(command, args, more = {}) {
      const port = String(await freePort());
      const url = `http://127.0.0.1:${port}`;
      const address = { HOST: "127.0.0.1", PORT: port, PUBLIC_URL: url };
      const child = spawn(command, args, { cwd: folder, env: { ...env, ...address, ...more } });
      children.add(child);
      let printed = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (printed += data));
      await answers(url, child, () => printed);
      return {
        url,
        output: () => printed,
        async terminate() {
          const exit = once(child, "exit");
          child.kill("SIGTERM");
          const [code] = await exit;
          return code;
        },
      };
    },
    remove() {
      for (const child of children) child.kill("SIGKILL");
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function answers(url: string, child: ChildProcess, printed: () => string): Promise<void> {
  const deadline = Date.now() + startWithinMs;
  for (;;) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${url} does not answer:\n${printed()}`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
