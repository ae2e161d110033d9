import { startProcess } from "./server-process.ts";

/** The moment from which returns are measured, in milliseconds since the epoch. */
export interface ToSwarm {
  at: number;
}

/** When a client came back, in milliseconds after the server's end. */
export interface Return {
  /** When it meant to make the attempt that succeeded. */
  plannedMs: number;
  /** When it was connected. */
  returnedMs: number;
}

export interface FromSwarm {
  type: "connected";
  /** One for each client; empty for the first connections. */
  returns: Return[];
}

export interface Swarm {
  readonly pid: number;
  /** Resolves as soon as all clients are connected, with the times of their return. */
  allConnected(): Promise<Return[]>;
  /** Measures returns from now on. */
  mark(): void;
  end(): void;
}

export function startSwarm(url: string, origin: string, clients: number): Swarm {
  const child = startProcess("swarm-main.ts", { URL_OF_SERVER: url, ORIGIN: origin, CLIENTS: String(clients) });
  return {
    pid: child.pid ?? 0,
    allConnected: () =>
      new Promise((resolve, reject) => {
        child.once("message", ({ returns }: FromSwarm) => resolve(returns));
        child.once("exit", (code, signal) => reject(new Error(`The clients ended with ${signal ?? code}.`)));
      }),
    mark: () => void child.send({ at: Date.now() } satisfies ToSwarm),
    end: () => void child.kill("SIGKILL"),
  };
}
