import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { TargetCommands } from "./target-protocol.ts";

type Answered<Command> = Command extends (...args: infer Args) => infer Result
  ? (...args: Args) => Promise<Awaited<Result>>
  : never;

/** A server in a process of its own: some traps end it. */
export interface Target {
  readonly name: TargetName;
  readonly port: number;
  readonly origin: string;
  readonly app: { readonly [Name in keyof TargetCommands]: Answered<TargetCommands[Name]> };
  isAlive(): boolean;
  stop(): Promise<void>;
}

export type TargetName = "bare" | "signalbox";

/** Starts a target on a free port of loopback. */
export async function startTarget(name: TargetName): Promise<Target> {
  const child = fork(join(import.meta.dirname, `${name}-main.ts`), {
    execArgv: ["--conditions=@signalbox/source"],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (message: { port: number }) => resolve(message.port));
    child.once("exit", (code) => reject(new Error(`The target ${name} did not start: exit code ${code}.`)));
  });
  return {
    name,
    port,
    origin: `http://127.0.0.1:${port}`,
    app: callsTo(child),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function callsTo(child: ChildProcess): Target["app"] {
  let lastId = 0;
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  child.on("message", ({ id, result }: { id: number; result: unknown }) => {
    waiting.get(id)?.resolve(result);
    waiting.delete(id);
  });
  child.on("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("The target has exited."));
  });
  const call =
    (name: keyof TargetCommands) =>
    (...args: unknown[]) => {
      const answer = Promise.withResolvers<unknown>();
      lastId += 1;
      waiting.set(lastId, answer);
      if (child.connected) child.send({ id: lastId, name, args });
      else answer.reject(new Error("The target has exited."));
      return answer.promise;
    };
  const names: (keyof TargetCommands)[] = ["signIn", "signOut", "setRole", "note", "facts"];
  return Object.fromEntries(names.map((name) => [name, call(name)])) as unknown as Target["app"];
}
