import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a server may take until it listens. */
const startWithinMs = 20_000;

/** A server of this machine, for trying out and for tests: on loopback, in a folder of its own. */
export interface Service {
  readonly url: string;
  readonly pid: number;
  /** Ends it as a crash or an operator would, or freezes it and lets it go on (SIGSTOP, SIGCONT). */
  kill(signal: NodeJS.Signals): void;
  /** Starts it again where it was, after it was killed. */
  restart(): Promise<void>;
  /** Ends it, and removes what it kept. */
  stop(): Promise<void>;
}

interface ServiceOptions {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  /** The command and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** Asked after the port is open: whether it also answers. */
  readonly answers?: () => Promise<boolean>;
  removeFiles(): void;
}

/**
 * Runs a server until it is stopped, or this process ends.
 * @throws Error with what it printed, when it does not listen in time
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { name, url, port, command, answers = async () => true } = options;
  let child: ChildProcess;
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.on("exit", killWithUs);

  async function start(): Promise<void> {
    const [file, ...args] = command;
    child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (data) => (printed = `${printed}${data}`.slice(-4000)));
    child.on("error", (error) => (printed += error.message));
    const deadline = Date.now() + startWithinMs;
    while (!((await isOpen(port)) && (await answers()))) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`${name} did not start on port ${port}.\n${printed}`);
      await sleep(20);
    }
  }

  async function ended(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }

  await start();
  return {
    url,
    get pid() {
      return child.pid as number;
    },
    kill(signal) {
      child.kill(signal);
      // A signal that cannot be caught does not reach the worker processes of a server of several processes.
      if (signal !== "SIGSTOP" && signal !== "SIGCONT") return;
      for (const pid of childrenOf(child.pid)) signalIfThere(pid, signal);
    },
    async restart() {
      await ended();
      await start();
    },
    async stop() {
      process.off("exit", killWithUs);
      child.kill("SIGCONT");
      child.kill("SIGKILL");
      await ended();
      options.removeFiles();
    },
  };
}

/** A worker of PostgreSQL may end by itself after it was listed. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Processes that a process has started, and that run. */
export function childrenOf(pid: number | undefined): number[] {
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return list.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Whether something on this machine accepts connections on a port. */
export function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
