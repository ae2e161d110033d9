import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { origin, secret } from "../bait.ts";
import type { FromServer, State, ToServer } from "./messages.ts";
import type { PlantName } from "./plants.ts";

/** `wide` lets cases through to what is behind the limits; `default` is what an application gets that sets nothing. */
export const limits = ["wide", "default"] as const;
export type Limits = (typeof limits)[number];

/**
 * Every guard is on under both. Wide are only those limits that would otherwise answer for everything: all cases come
 * from one address and a dozen users. The packet limit of a connection follows the burst, and is still reached.
 */
const wide = {
  SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1000000",
  SIGNALBOX_CONNECT_RATE_PER_USER: "1000000",
  SIGNALBOX_MAX_CONNECTIONS_PER_USER: "100",
  SIGNALBOX_MAX_CONNECTIONS_PER_ADMIN: "100",
  SIGNALBOX_MESSAGE_RATE: "10000",
  SIGNALBOX_MESSAGE_BURST: "1000",
  // A dozen attackers would be kept out after their first hundred cases.
  SIGNALBOX_PENALTIES: "false",
};

const settings = {
  NODE_ENV: "test",
  HOST: "127.0.0.1",
  PORT: "0",
  SOCKETIO_CORS_ORIGINS: origin,
  SIGNALBOX_SECRET: secret,
  // Connections that never join a namespace come by the thousand: the sooner they go, the fewer wait at the end.
  SIGNALBOX_CONNECT_TIMEOUT: "2",
  SIGNALBOX_SECURITY_FOLD: "1",
  SIGNALBOX_SECURITY_LOG_ROWS: "1000",
  // The cases of the default limits come from as many addresses as there are blocks.
  TRUST_PROXY: "loopback",
};

export interface Target {
  readonly port: number;
  /** Undefined once the process has ended. */
  look(thorough?: boolean): Promise<State | undefined>;
  stop(): Promise<void>;
}

interface TargetOptions {
  readonly limits: Limits;
  readonly plant?: PlantName | undefined;
  /** Called with what concerns the process itself, its end included. */
  onFault(what: string, detail: string): void;
}

/** Starts the server under attack on the sources. */
export async function startTarget({ limits: chosen, plant, onFault }: TargetOptions): Promise<Target> {
  const path = fileURLToPath(new URL("server-main.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@signalbox/source", "--expose-gc", path], {
    env: { ...settings, ...(chosen === "wide" && wide), ...(plant && { PLANT: plant }), NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const looks = new Map<number, (state: State | undefined) => void>();
  let lastLook = 0;
  let stopping = false;
  let ended = false;

  const ready = new Promise<number>((resolve, reject) => {
    child.on("message", (message: FromServer) => {
      if (message.type === "ready") resolve(message.port);
      else if (message.type === "fault") onFault(message.what, message.detail);
      else {
        looks.get(message.id)?.(message.state);
        looks.delete(message.id);
      }
    });
    child.once("exit", (code, signal) => {
      ended = true;
      for (const answer of looks.values()) answer(undefined);
      looks.clear();
      reject(new Error("The server ended before it listened."));
      if (!stopping) onFault("the process ended", `It ended with ${signal ?? code}.`);
    });
  });

  return {
    port: await ready,
    look(thorough = false) {
      if (ended) return Promise.resolve(undefined);
      lastLook += 1;
      const id = lastLook;
      child.send({ type: "look", id, thorough } satisfies ToServer, () => {});
      return new Promise((resolve) => looks.set(id, resolve));
    },
    async stop() {
      stopping = true;
      await end(child);
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
