import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Pinning } from "../../bench/process/pinning.ts";
import type { Calls, FromServer, Name } from "./calls.ts";

/** The server under siege, seen from outside. */
export interface Besieged {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  call<Each extends Name>(name: Each, ask: Calls[Each]["ask"]): Promise<Calls[Each]["answer"]>;
  /** The sum of a metric's series, by the value of its only label. */
  metric(name: string): Promise<Record<string, number>>;
  /** Exceptions that no handler caught, errors in the log, and the end of the process. */
  readonly faults: readonly string[];
  stop(): Promise<void>;
}

/** In production the metrics are given for a token only. */
const metricsToken = "a-token-of-the-siege";

/** Settings that a run needs to see what it measures; every guard and limit is at its default. */
const env = {
  NODE_ENV: "production",
  HOST: "127.0.0.1",
  PORT: "0",
  SIGNALBOX_METRICS_TOKEN: metricsToken,
  SIGNALBOX_SECRET: "a secret that is long enough for production",
  SOCKETIO_CORS_ORIGINS: "https://app.test",
  // Everybody comes from this machine: each person and attacker has an address of their own.
  TRUST_PROXY: "loopback",
  SIGNALBOX_SECURITY_FOLD: "1",
};

export const origin = env.SOCKETIO_CORS_ORIGINS;

/** Starts the server in a process of its own, on a core of its own where there are two. */
export async function besiege(pinning: Pinning, more: Record<string, string> = {}): Promise<Besieged> {
  const path = fileURLToPath(new URL("server-main.ts", import.meta.url));
  const child = pinning.spawnServer(process.execPath, ["--conditions=@signalbox/source", "--expose-gc", path], {
    env: { ...process.env, ...env, ...more },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const faults: string[] = [];
  const waiting = new Map<number, (answer: object) => void>();
  let serial = 0;
  let stopping = false;
  child.on("exit", (code) => {
    if (!stopping) faults.push(`The process ended with ${code}.`);
  });
  const port = await new Promise<number>((resolve) => {
    child.on("message", (message: FromServer) => {
      if (message.type === "ready") resolve(message.port);
      else if (message.type === "fault") faults.push(message.detail);
      else waiting.get(message.id)?.(message.answer);
    });
  });
  const url = `http://127.0.0.1:${port}`;

  return {
    ...{ url, port, pid: child.pid ?? 0, faults },
    call<Each extends Name>(name: Each, ask: Calls[Each]["ask"]) {
      serial += 1;
      const id = serial;
      return new Promise<Calls[Each]["answer"]>((resolve) => {
        waiting.set(id, resolve as (answer: object) => void);
        child.send({ id, name, ask });
      }).finally(() => waiting.delete(id));
    },
    async metric(name) {
      const text = await (
        await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } })
      ).text();
      const series = [...text.matchAll(new RegExp(`^${name}\\{\\w+="(\\w+)"\\} (\\d+)`, "gm"))];
      return Object.fromEntries(series.map(([, label = "", value]) => [label, Number(value)]));
    },
    async stop() {
      stopping = true;
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}
