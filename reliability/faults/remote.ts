import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

type Question = { readonly id: number; readonly name: string; readonly argument: unknown };
type Answer = { readonly id: number; readonly result?: unknown; readonly failure?: string };
type Word = { readonly event: string; readonly payload: unknown };

/** In a process that was started as a remote: answers its parent process, until that is gone. */
export function serve(functions: Record<string, (argument: never) => unknown>): void {
  const known = new Map(Object.entries(functions));
  process.on("disconnect", () => process.exit());
  process.on("message", async ({ id, name, argument }: Question) => {
    try {
      const run = known.get(name);
      if (run === undefined) throw new TypeError(`Nobody answers "${name}" here.`);
      reply({ id, result: await run(argument as never) });
    } catch (error) {
      reply({ id, failure: String((error as Error).stack ?? error) });
    }
  });
}

/** A parent that is killed leaves nothing to say; `disconnect` ends this process. */
const ignoreGone = (): void => {};

const reply = (answer: Answer): void => void process.send?.(answer, ignoreGone);

/** In such a process: says something without being asked. */
export const say = (event: string, payload: unknown = null): void =>
  void process.send?.({ event, payload } satisfies Word, ignoreGone);

/** A process of ours, that can be asked, stopped and killed. */
export interface Remote {
  readonly pid: number;
  /** @throws Error with what the other side threw, or when it ends without an answer */
  ask<Result = void>(name: string, argument?: unknown): Promise<Result>;
  /** The first time that it says this. */
  heard<Payload = unknown>(event: string): Promise<Payload>;
  readonly exited: Promise<number | NodeJS.Signals | null>;
  signal(signal: NodeJS.Signals): void;
}

interface RemoteOptions {
  /** In this folder. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** What it is started by, such as a network namespace's `ip netns exec`. */
  readonly through?: readonly string[];
  onWord?(event: string, payload: unknown): void;
}

export function startRemote({ file, env, through = [], onWord }: RemoteOptions): Remote {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const [command = "", ...rest] = [...through, process.execPath, "--conditions=@signalbox/source", path];
  const child: ChildProcess = spawn(command, rest, {
    env: { PATH: process.env.PATH ?? "", NODE_ENV: "test", NODE_NO_WARNINGS: "1", ...env },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const asked = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const awaited: { event: string; resolve(payload: unknown): void; reject(error: Error): void }[] = [];
  let questions = 0;

  child.on("message", (message: Answer | Word) => {
    if ("event" in message) {
      onWord?.(message.event, message.payload);
      for (const { event, resolve } of awaited) if (event === message.event) resolve(message.payload);
      return;
    }
    const waiting = asked.get(message.id);
    asked.delete(message.id);
    if (message.failure === undefined) waiting?.resolve(message.result);
    else waiting?.reject(new Error(`${file}: ${message.failure}`));
  });
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("exit", (code, signal) => {
      const ended = new Error(`${file} ended with ${signal ?? code}.`);
      for (const { reject } of [...asked.values(), ...awaited]) reject(ended);
      resolve(signal ?? code);
    });
  });

  return {
    pid: child.pid ?? 0,
    exited,
    ask: (name, argument) =>
      new Promise((resolve, reject) => {
        questions += 1;
        const id = questions;
        asked.set(id, { resolve: resolve as (result: unknown) => void, reject });
        child.send({ id, name, argument } satisfies Question, (error) => {
          if (error) reject(error);
        });
      }),
    heard: (event) =>
      new Promise((resolve, reject) => {
        awaited.push({ event, resolve: resolve as (payload: unknown) => void, reject });
      }),
    signal: (signal) => void child.kill(signal),
  };
}
