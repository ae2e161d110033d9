/** The workbench as an operator runs it: a process of its own, that can be killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const node = fileURLToPath(new URL("../../../node_modules/node/bin/node", import.meta.url));
/** A third of each start would be spent on compiling the same files again. */
const compileCache = fileURLToPath(new URL("../../../node_modules/.cache/signalbox-compile", import.meta.url));
const programs = {
  server: [fileURLToPath(new URL("../server/main.ts", import.meta.url)), "The workbench is running at"],
  worker: [fileURLToPath(new URL("../server/worker.ts", import.meta.url)), "A worker of the workbench"],
} as const;

/** A process that has not ended by then never will. */
const patienceMs = 100_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly afterMs: number;
}

export interface ServerProcess {
  readonly process: ChildProcess;
  readonly stdout: string;
  /** Time from its start to the line that says where it runs. */
  readonly startedAfterMs: number;
  /** Sends a signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
}

/** Starts the workbench, or a worker of it, and waits until it says that it runs. */
export async function startServer(
  environment: Record<string, string>,
  program: keyof typeof programs = "server",
): Promise<ServerProcess> {
  const run = launch(environment, program);
  const startedAfterMs = await run.started;
  return {
    process: run.process,
    get stdout() {
      return run.output.stdout;
    },
    startedAfterMs,
    async kill(signal) {
      const at = performance.now();
      run.process.kill(signal);
      const exit = await run.exited;
      return { ...exit, afterMs: performance.now() - at };
    },
  };
}

/** Starts the workbench where it should not, and waits for its end. */
export const startInVain = (environment: Record<string, string>): Promise<Exit> => launch(environment).exited;

function launch(environment: Record<string, string>, program: keyof typeof programs = "server") {
  const [main, saysThatItRuns] = programs[program];
  const at = performance.now();
  // Nothing of the test runner's own environment: its NODE_ENV and NODE_OPTIONS are not the operator's.
  const env = { PATH: process.env.PATH ?? "", NODE_COMPILE_CACHE: compileCache, ...environment };
  const child = spawn(node, ["--conditions=@signalbox/source", main], { env, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  const started = Promise.withResolvers<number>();
  const exited = Promise.withResolvers<Exit>();
  const tooLate = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
    if (output.stdout.includes(saysThatItRuns)) started.resolve(performance.now() - at);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  child.on("close", (code, signal) => {
    clearTimeout(tooLate);
    exited.resolve({ code, signal, ...output, afterMs: performance.now() - at });
    started.reject(new Error(`The server ended with ${code ?? signal}: ${output.stderr}`));
  });
  started.promise.catch(() => {});
  return { process: child, output, started: started.promise, exited: exited.promise };
}
