/** Starts an example as a reader would: as a process of its own, in its folder. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

interface Example {
  readonly url: string;
  /** @throws Error when it does not end well */
  stop(): Promise<void>;
}

/** The process of an example, on a free port of loopback, in development. */
export function exampleProcess(
  folder: URL,
  env: Record<string, string>,
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, ["--conditions=@signalbox/source", "server.ts"], {
    cwd: fileURLToPath(folder),
    env: { ...process.env, NODE_ENV: "development", HOST: "127.0.0.1", PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Resolves once the example says in its log where it listens. */
export async function startExample(folder: URL, env: Record<string, string>): Promise<Example> {
  const server = exampleProcess(folder, env);
  server.stderr.pipe(process.stderr);
  // A server that ignores SIGTERM fails its test, and does not outlive the test run.
  process.once("exit", () => server.kill("SIGKILL"));
  for await (const line of createInterface({ input: server.stdout })) {
    const { url } = JSON.parse(line) as { url?: string };
    if (url !== undefined) return { url, stop };
  }
  throw new Error("The server ended before it listened.");

  async function stop(): Promise<void> {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    const [code, signal] = await ended;
    if (code !== 0) throw new Error(`The server ended with ${code ?? signal}.`);
  }
}
