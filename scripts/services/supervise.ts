import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** Long enough to see what the other processes do meanwhile. */
const restartDelayMs = 5000;

interface SupervisedOptions {
  readonly name: string;
  /** What Node runs. */
  readonly file: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Printed by the process once it works. */
  readonly readyLine: RegExp;
  /** Receives what the process prints, and what happens to it. */
  say(name: string, text: string): void;
  /** The process ended before it ever worked: starting it again would not help. */
  onFailedStart(): void;
}

export interface Supervised {
  /** Sends SIGTERM, and waits until the process has ended. */
  stop(): Promise<void>;
}

/** Runs a process, and starts it again when it ends or is killed. */
export function supervise(options: SupervisedOptions): Supervised {
  const { name, file, environment, readyLine, say, onFailedStart } = options;
  let isStopping = false;
  let wasReady = false;
  let restart: NodeJS.Timeout | undefined;
  let child = start();

  function start(): ChildProcess {
    const started = spawn(process.execPath, [file], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    say(name, `process ${started.pid}`);
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        wasReady ||= readyLine.test(text);
        say(name, text);
      });
    }
    started.once("exit", (code, signal) => {
      if (isStopping) return;
      if (!wasReady) return onFailedStart();
      say(name, `ended by ${signal ?? `itself with code ${code}`}, starts again in ${restartDelayMs / 1000} s`);
      restart = setTimeout(() => {
        child = start();
      }, restartDelayMs);
    });
    return started;
  }

  return {
    async stop() {
      isStopping = true;
      clearTimeout(restart);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}
