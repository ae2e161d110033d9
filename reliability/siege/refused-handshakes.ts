import { Agent, get } from "node:http";
import type { Pinning } from "../../bench/process/pinning.ts";
import { type Besieged, besiege } from "./besieged.ts";
import { onceWritten } from "./once-written.ts";
import { addressOf } from "./people.ts";

export interface RefusedHandshakes {
  readonly sent: number;
  readonly refused: number;
  /** Lines of the security log, and what they count together. */
  readonly lines: number;
  readonly counted: number;
  /** Of `signalbox_refusals_total`. */
  readonly metric: number;
  /** By how much the heap has grown in the end, in MB. */
  readonly heapMb: number;
  readonly connections: number;
  readonly faults: readonly string[];
}

const atOnce = 50;

/** Handshakes of a foreign page, each from an address of its own: nothing of them may pile up. */
export async function measureRefusedHandshakes(pinning: Pinning, count: number): Promise<RefusedHandshakes> {
  const server = await besiege(pinning);
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  try {
    // What a first few make is the working size of the heap, not theirs.
    await send(server, agent, Math.min(count, 2000), 0);
    const before = await server.call("heap", {});
    const refused = await send(server, agent, count, 10_000);
    agent.destroy();
    const first = Math.min(count, 2000);
    const { lines, counts } = await onceWritten(
      () => server.call("log", {}),
      (log) => (log.counts.origin_refused ?? 0) >= first + count,
    );
    const after = await server.call("heap", {});
    return {
      ...{ sent: count, refused, lines },
      counted: (counts.origin_refused ?? 0) - first,
      metric: ((await server.metric("signalbox_refusals_total")).origin_refused ?? 0) - first,
      heapMb: (after.bytes - before.bytes) / 2 ** 20,
      ...{ connections: after.connections, faults: server.faults },
    };
  } finally {
    agent.destroy();
    await server.stop();
  }
}

/** @returns how many were answered 403 */
async function send(server: Besieged, agent: Agent, count: number, firstAddress: number): Promise<number> {
  let next = 0;
  let refused = 0;
  async function work(): Promise<void> {
    while (next < count) {
      const address = firstAddress + next;
      next += 1;
      if ((await knock(server, agent, address)) === 403) refused += 1;
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  return refused;
}

const knock = (server: Besieged, agent: Agent, address: number): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const headers = { origin: "https://evil.test", "x-forwarded-for": addressOf(address) };
    get(`${server.url}/socket.io/?EIO=4&transport=polling`, { agent, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    }).on("error", reject);
  });
