import { run } from "../src/program.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface How {
  /** Environment variables. */
  readonly env?: Record<string, string>;
  /** Both streams are terminals with colours, 80 columns wide. */
  readonly onTerminal?: boolean;
  readonly signal?: AbortSignal;
  /** Called with everything written so far, at each write. */
  readonly onOutput?: (all: string) => void;
}

/** Runs the command in this process, as main.ts does, and keeps what it writes. */
export async function runCommand(args: readonly string[], how: How = {}): Promise<Ran> {
  const written = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({
    ...(how.onTerminal && { isTTY: true, columns: 80, hasColors: () => true }),
    write(text: string) {
      written[name] += text;
      how.onOutput?.(written.out);
    },
  });
  const code = await run(args, {
    ...{ out: stream("out"), err: stream("err"), environment: how.env ?? {} },
    signal: how.signal ?? new AbortController().signal,
  });
  return { code, ...written };
}
