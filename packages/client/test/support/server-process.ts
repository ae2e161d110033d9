import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../../scripts/services/free-port.ts";

export type ToServer = { type: "close_transports"; share: number } | { type: "finish" };

export type FromServer = { type: "ready" } | { type: "task"; task: string } | { type: "finished" };

export interface ServerProcess {
  readonly port: number;
  /** Empty while it does not run. */
  readonly pids: readonly number[];
  /** Resolves when it listens. */
  start(): Promise<void>;
  /** Sends a signal, if it runs, and waits for the end. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  say(message: ToServer): void;
  /** Ends all tasks. */
  finish(): Promise<void>;
}

/** Starts a file of this folder as a process, on the sources as the tests are. */
export function startProcess(file: string, env: Record<string, string>): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return spawn(process.execPath, ["--conditions=@signalbox/source", path], {
    env: { PATH: process.env.PATH ?? "", NODE_ENV: "test", NODE_NO_WARNINGS: "1", ...env },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

/** A server that can be killed, and comes back at the same port with what its store holds. */
export async function createServerProcess(
  env: Record<string, string>,
  onTask: (task: string) => void = () => {},
): Promise<ServerProcess> {
  const port = await freePort();
  let child: ChildProcess | undefined;

  const say = (message: ToServer): void => {
    if (child?.connected) child.send(message, () => {});
  };
  const heard = <Type extends FromServer["type"]>(from: ChildProcess, type: Type) =>
    new Promise<Extract<FromServer, { type: Type }>>((resolve, reject) => {
      from.on("message", (message: FromServer) => {
        if (message.type === type) resolve(message as Extract<FromServer, { type: Type }>);
      });
      from.once("exit", (code, signal) => reject(new Error(`The server ended with ${signal ?? code}.`)));
    });

  return {
    port,
    get pids() {
      return child?.pid === undefined ? [] : [child.pid];
    },
    say,
    async start() {
      const started = startProcess("server-main.ts", { HOST: "127.0.0.1", PORT: String(port), ...env });
      child = started;
      started.on("message", (message: FromServer) => {
        if (message.type === "task") onTask(message.task);
      });
      await heard(started, "ready");
    },
    async end(signal) {
      const ending = child;
      child = undefined;
      if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
      const exited = once(ending, "exit");
      ending.kill(signal);
      await exited;
    },
    async finish() {
      if (child === undefined) throw new Error("The server does not run.");
      const answer = heard(child, "finished");
      say({ type: "finish" });
      await answer;
    },
  };
}
