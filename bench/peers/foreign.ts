import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Launch, RunningPeer } from "./peer.ts";

/** Servers live in `sbin`, which is not in everybody's PATH. */
const places = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin"];

/** @returns the path of a program of this machine; undefined when it is not installed */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const place of places) {
    const path = join(place, name);
    if (await isThere(path, constants.X_OK)) return path;
  }
  return undefined;
}

/** Whether a file exists and may be used so (default: read). */
export const isThere = (path: string, mode: number = constants.R_OK): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );

const startLimitMs = 10_000;
const stopLimitMs = 5_000;

/**
 * Starts a server that is not of our making, and waits until it accepts connections.
 * @throws Error with what the program wrote when it ends before, or takes longer than ten seconds
 */
export async function startForeign(
  { port, directory, spawn }: Pick<Launch, "port" | "directory" | "spawn">,
  command: string,
  args: readonly string[],
): Promise<{ readonly pid: number; readonly stop: RunningPeer["stop"] }> {
  const leash = await findLeash();
  const child = spawn(...leash(command, args), { cwd: directory, stdio: ["pipe", "ignore", "pipe"] });
  let written = "";
  let ended = false;
  child.stderr?.on("data", (text: Buffer) => {
    written = `${written}${text}`.slice(-2000);
  });
  const end = new Promise<void>((resolve) => {
    const settle = () => {
      ended = true;
      resolve();
    };
    child.once("exit", settle);
    child.once("error", (error) => {
      written = error.message;
      settle();
    });
  });

  const deadline = performance.now() + startLimitMs;
  while (!(await accepts(port))) {
    if (ended) throw new Error(`${command} ended before it listened on port ${port}: ${written}`);
    if (performance.now() > deadline) {
      child.kill();
      throw new Error(`${command} does not listen on port ${port} after ${startLimitMs} ms: ${written}`);
    }
    await sleep(20);
  }
  const { pid } = child;
  if (ended || pid === undefined) throw new Error(`${command} ended, and something else listens on port ${port}.`);

  return {
    pid,
    async stop() {
      child.kill();
      const cut = setTimeout(() => child.kill("SIGKILL"), stopLimitMs);
      await end;
      clearTimeout(cut);
    },
  };
}

type Command = readonly [command: string, args: readonly string[]];

/**
 * A bench that is killed stops nothing any more, and these servers would run on: by `setpriv` (util-linux) the kernel ends
 * a process with its parent. Without it they are not on a leash.
 */
async function findLeash(): Promise<(...command: Command) => Command> {
  const setpriv = await findProgram("setpriv");
  if (setpriv === undefined) return (...command) => command;
  return (command, args) => [setpriv, ["--pdeathsig", "TERM", command, ...args]];
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (listens: boolean) => () => {
      socket.destroy();
      resolve(listens);
    };
    socket.once("connect", answer(true));
    socket.once("error", answer(false));
  });
