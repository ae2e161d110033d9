/** What the prober sends to the two targets, and what they report of themselves. */
import { monitorEventLoopDelay } from "node:perf_hooks";

export interface Login {
  readonly cookie: string;
  /** What an honest client of this target sends in CONNECT. */
  readonly auth: Readonly<Record<string, unknown>>;
}

interface Facts {
  /** Sockets of this user in `/`, and the rooms of all of them that a client asked for. */
  readonly sockets: number;
  readonly rooms: number;
  /** Packets that wait in the server for this user's clients to read. */
  readonly waiting: number;
  /** Sockets of `/` that wait for a middleware. */
  readonly undecided: number;
  /** Lines written to the log since the start. */
  readonly logLines: number;
  /** The longest time for which the event loop was held since this was asked last. */
  readonly longestTurnMs: number;
}

/** A target, as the application that runs on it would use it. A user named `hangs` or `throws` does that to the session store. */
export interface TargetCommands {
  signIn(userId: string, role: "user" | "admin"): Login | Promise<Login>;
  signOut(userId: string): void;
  setRole(userId: string, role: "user" | "admin"): void;
  /** Sends `note` to a user's sockets in a namespace, `count` times. */
  note(namespace: string, userId: string, text: string, count: number): void | Promise<void>;
  facts(userId: string): Facts;
}

/** Users whose session the store does not answer for, or fails at. */
export async function troubledStore(userId: string): Promise<void> {
  if (userId === "hangs") await new Promise<never>(() => {});
  if (userId === "throws") throw new Error("The session store is down.");
}

/** Sends in turns of a thousand, as an application with more to say than one turn should take. */
export async function inTurns(count: number, send: () => void): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) {
    send();
    if (sent % 1000 === 999) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Measures `longestTurnMs`. */
export function createTurnMeter(): () => number {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  return () => {
    const ms = Math.round(delay.max / 1e6);
    delay.reset();
    return ms;
  };
}

interface Call {
  readonly id: number;
  readonly name: keyof TargetCommands;
  readonly args: readonly unknown[];
}

/** Answers the parent process for as long as it is there. */
export function serveCommands(port: number, commands: TargetCommands): void {
  process.on("message", async ({ id, name, args }: Call) => {
    const command = commands[name] as (...all: unknown[]) => unknown;
    process.send?.({ id, result: await command(...args) });
  });
  process.on("disconnect", () => process.exit(0));
  process.send?.({ port });
}
