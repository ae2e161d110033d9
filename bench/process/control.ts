import type { ChildProcess, StdioOptions } from "node:child_process";
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** Commands by name: what each takes and answers. All JSON. */
export type CommandTable = Record<string, { readonly params: object; readonly answer: object }>;

/** Tells another process what to do: one JSON line each way per command, `{id, do, …params}` and `{id, answer}`. */
export interface Control<Commands extends CommandTable> {
  call<Name extends keyof Commands & string>(
    name: Name,
    params: Commands[Name]["params"],
  ): Promise<Commands[Name]["answer"]>;
}

interface Waiting {
  resolve(answer: object): void;
  reject(error: Error): void;
}

/**
 * How a process that serves control is spawned. Answers have a channel of their own: it may log what it likes.
 * @param log - file descriptor for what it writes to standard output
 */
export const controlStdio = (log: number): StdioOptions => ["pipe", log, 2, "pipe"];

const answerDescriptor = 3;

/** @param child - spawned with `controlStdio`; commands under way fail when it ends. */
export function createControl<Commands extends CommandTable>(name: string, child: ChildProcess): Control<Commands> {
  const [stdin, , , stdout] = child.stdio as unknown as [Writable, null, null, Readable];
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended = false;

  const lines = createInterface({ input: stdout });
  lines.on("line", (line) => {
    const { id, answer, error } = JSON.parse(line) as { id: number; answer?: object; error?: string };
    const asked = waiting.get(id);
    waiting.delete(id);
    if (answer !== undefined) asked?.resolve(answer);
    else asked?.reject(new Error(`${name}: ${error}`));
  });
  lines.on("close", () => {
    ended = true;
    for (const { reject } of waiting.values()) reject(new Error(`${name} ended before it answered.`));
    waiting.clear();
  });
  // The end of its output shows that the process is gone.
  stdin.on("error", () => {});

  return {
    call(command, params) {
      if (ended) return Promise.reject(new Error(`${name} has ended.`));
      lastId += 1;
      const id = lastId;
      stdin.write(`${JSON.stringify({ id, do: command, ...params })}\n`);
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
  };
}

/** What a process does for each command. */
export type CommandHandlers<Commands extends CommandTable> = {
  readonly [Name in keyof Commands]: (
    params: Commands[Name]["params"],
  ) => Promise<Commands[Name]["answer"]> | Commands[Name]["answer"];
};

/** The other end: carries out commands from standard input, and exits when that ends, so that none is left behind. */
export function serveControl<Commands extends CommandTable>(handlers: CommandHandlers<Commands>): void {
  const answers = new Socket({ fd: answerDescriptor, readable: false, writable: true });
  const answer = (line: object): void => void answers.write(`${JSON.stringify(line)}\n`);
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const { id, do: command, ...params } = JSON.parse(line) as { id: number; do: string } & object;
    const run = async () => handlers[command]?.(params);
    run().then(
      (done) => answer(done === undefined ? { id, error: `There is no command "${command}".` } : { id, answer: done }),
      (error: unknown) =>
        answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  lines.on("close", () => process.exit());
}
