import { type TestClient, watchStalls } from "@signalbox/server/testing";
import type { Pinning } from "../../bench/process/pinning.ts";
import { percentile } from "../../packages/client/test/support/percentile.ts";
import { type Besieged, besiege } from "./besieged.ts";
import { monotonicMs } from "./calls.ts";
import { connectPerson } from "./people.ts";

const ways = ["signed_out", "banned", "role_changed", "expired"] as const;

export interface Revocations {
  readonly trials: number;
  /** From the revocation, or the moment of expiry, until the client knew that its connection is closed. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Connections that were still there five seconds later. */
  readonly open: number;
  /** Events that arrived, or requests that were accepted, later than a second after, without the machine's stalls. */
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
  const delays: number[] = [];
  let open = 0;
  let late = 0;
  try {
    for (let n = 0; n < others; n += 1) {
      crowd.push(await connectPerson(server, { userId: `other-${n}`, address: 500_000 + n }, "websocket"));
    }
    for (let first = 0; first < trials; first += atOnce) {
      const batch = Array.from({ length: Math.min(atOnce, trials - first) }, (_, n) => tryOne(server, first + n));
      for (const { delayMs, isLate } of await Promise.all(batch)) {
        if (delayMs === undefined) open += 1;
        else delays.push(delayMs);
        if (isLate) late += 1;
      }
    }
    const [p50Ms, p99Ms, maxMs] = [0.5, 0.99, 1].map((share) => percentile(delays, share)) as [number, number, number];
    return { ...{ trials, p50Ms, p99Ms, maxMs, open, late }, faults: server.faults };
  } finally {
    for (const client of crowd) client.close();
    await server.stop();
  }
}

async function tryOne(server: Besieged, number: number): Promise<{ delayMs: number | undefined; isLate: boolean }> {
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
  const expiresInMs = session_expires_at === null ? 0 : Date.parse(session_expires_at) - Date.now();
  const endedMs = how === "expired" ? monotonicMs() + expiresInMs : (await server.call("revoke", { userId, how })).atMs;
  const stalled = watchStalls();
  let lastHeardMs = 0;
  client.socket.onAny(() => {
    lastHeardMs = monotonicMs();
  });
  const closed = await client.disconnected(patienceMs + expiresInMs).then(monotonicMs, () => undefined);
  client.close();
  return {
    delayMs: closed === undefined ? undefined : Math.max(0, closed - endedMs),
    isLate: lastHeardMs - endedMs - stalled() > 1000,
  };
}
