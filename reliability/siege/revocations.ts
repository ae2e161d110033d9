import type { TestClient } from "@signalbox/server/testing";
import type { Pinning } from "../../bench/process/pinning.ts";
import { percentile } from "../../packages/client/test/support/percentile.ts";
import { recordStalls } from "../faults/stall-recorder.ts";
import { createStalls } from "../history/stalls.ts";
import { type Besieged, besiege } from "./besieged.ts";
import { connectPerson } from "./people.ts";

const ways = ["signed_out", "banned", "role_changed", "expired"] as const;

export interface Revocations {
  readonly trials: number;
  /** From the revocation, or the moment of expiry, until the client knew that its connection is closed; without stalls. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Connections that were still there five seconds later. */
  readonly open: number;
  /** Events that arrived, or requests that were accepted, later than a second after, without stalls. */
  readonly late: number;
  readonly faults: readonly string[];
}

interface RevocationOptions {
  readonly pinning: Pinning;
  readonly trials: number;
  /** Trials that run at the same time. */
  readonly atOnce: number;
  /** Others who are connected meanwhile. */
  readonly others: number;
}

/** How long a session lives that is to expire while its trial waits. */
const lifeMs = 4000;
const patienceMs = 5000;

/** Ends a thousand sessions in four ways, over both transports, and looks how long their connections outlive them. */
export async function measureRevocations({ pinning, trials, atOnce, others }: RevocationOptions): Promise<Revocations> {
  const server = await besiege(pinning);
  const crowd: TestClient[] = [];
  const stalls = createStalls();
  const recorder = recordStalls(() => [server.pid], stalls.take);
  const tried: Trial[] = [];
  try {
    for (let n = 0; n < others; n += 1) {
      crowd.push(await connectPerson(server, { userId: `other-${n}`, address: 500_000 + n }, "websocket"));
    }
    for (let first = 0; first < trials; first += atOnce) {
      const batch = Array.from({ length: Math.min(atOnce, trials - first) }, (_, n) => tryOne(server, first + n));
      tried.push(...(await Promise.all(batch)));
    }
    recorder.stop();
    const ownMs = (from: number, to: number): number => Math.max(0, to - from - stalls.within(from, to));
    const delays = tried.flatMap(({ endedAt, closedAt }) => (closedAt === undefined ? [] : [ownMs(endedAt, closedAt)]));
    const open = trials - delays.length;
    const late = tried.filter(({ endedAt, lastHeardAt }) => ownMs(endedAt, lastHeardAt) > 1000).length;
    const [p50Ms, p99Ms, maxMs] = [0.5, 0.99, 1].map((share) => percentile(delays, share)) as [number, number, number];
    return { ...{ trials, p50Ms, p99Ms, maxMs, open, late }, faults: server.faults };
  } finally {
    recorder.stop();
    for (const client of crowd) client.close();
    await server.stop();
  }
}

/** When the session ended, its connection was closed, and something last came by it; in milliseconds of the epoch. */
interface Trial {
  readonly endedAt: number;
  readonly closedAt: number | undefined;
  readonly lastHeardAt: number;
}

async function tryOne(server: Besieged, number: number): Promise<Trial> {
  const how = ways[number % ways.length] ?? "signed_out";
  const transport = (number >> 2) % 2 === 0 ? "websocket" : "polling";
  // Beats go to bystanders: so something is on its way to everybody whose session ends.
  const userId = `bystander-revoked-${number}`;
  const isAdmin = how === "role_changed";
  const who = { userId, address: number, role: isAdmin ? ("admin" as const) : ("user" as const) };
  const client = await connectPerson(
    server,
    how === "expired" ? { ...who, expiresInMs: lifeMs } : who,
    transport,
    isAdmin ? "/admin" : "/",
  );
  const { session_expires_at } = await client.next<{ session_expires_at: string | null }>("connection_established");
  const expiresAt = session_expires_at === null ? 0 : Date.parse(session_expires_at);
  const endedAt = how === "expired" ? expiresAt : (await server.call("revoke", { userId, how })).at;
  let lastHeardAt = 0;
  client.socket.onAny(() => {
    lastHeardAt = Date.now();
  });
  const closedAt = await client
    .disconnected(patienceMs + Math.max(0, endedAt - Date.now()))
    .then(Date.now, () => undefined);
  client.close();
  return { endedAt, closedAt, lastHeardAt };
}
