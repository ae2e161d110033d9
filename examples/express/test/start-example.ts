/** Starts an example as a reader would: as a process of its own, in its folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

interface Example {
  readonly url: string;
  /** @throws Error when it does not end well */
  stop(): Promise<void>;
}

/** On a free port of loopback, in development; resolves once it says in its log where it listens. */
export async function startExample(folder: URL, env: Record<string, string>): Promise<Example> {
  const server = spawn(process.execPath, ["--conditions=@signalbox/source", "server.ts"], {
    cwd: fileURLToPath(folder),
    env: { ...process.env, NODE_ENV: "development", HOST: "127.0.0.1", PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    const { url } = JSON.parse(line) as { url?: string };
    if (url !== undefined) return { url, stop };
  }
  throw new Error("The server ended before it listened.");

  async function stop(): Promise<void> {
    server.kill("SIGTERM");
    const [code] = await once(server, "exit");
    if (code !== 0) throw new Error(`The server ended with ${code}.`);
  }
}
