/**
 * Fifty clients watch twenty tasks while the server is killed and connections are cut, held back and closed, twenty
 * times. CHAOS_SEED repeats a run, CHAOS_INTERRUPTIONS changes how many there are (200 in `npm run chaos`), CHAOS_DELAY_MAX the longest delay.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { expect, it, onTestFinished } from "vitest";
import { openJournal } from "../../../../reliability/faults/journal.ts";
import { recordStalls } from "../../../../reliability/faults/stall-recorder.ts";
import { createStoredReader } from "../../../../reliability/faults/stored.ts";
import { shippedRules } from "../../../../reliability/history/check.ts";
import { checkHistory } from "../../../../reliability/history/check-history.ts";
import { readHistory } from "../../../../reliability/history/read-history.ts";
import { createDice, shuffled } from "../support/dice.ts";
import { until } from "../support/node-clients.ts";
import { createServerProcess } from "../support/server-process.ts";
import { createWitness, type Witness } from "../support/witness.ts";

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
const interruptions = Number(process.env.CHAOS_INTERRUPTIONS ?? 20);
const clientCount = 50;
const taskCount = 20;
/** Share of the tasks that each client watches: five at a time. */
const interest = 0.25;
const origin = "http://pages.test";
/** Longest random delay of a client's retry; the rest of the limit is for the work itself, on a busy machine. */
const longestDelayMs = Number(process.env.CHAOS_DELAY_MAX ?? 3000);
/** The largest share of the clients that an interruption concerns, unless it concerns all. */
const mostConcerned = 0.25;
/** Mean time between two interruptions. */
const meanGapMs = 350;

/** How often each kind comes among a hundred. */
const kinds = { kill: 5, cutAll: 5, cutSome: 45, holdBack: 25, closeTransports: 20 } as const;

const env = {
  SOCKETIO_CORS_ORIGINS: origin,
  SIGNALBOX_SECRET: "a secret that stays the same over restarts",
  SOCKETIO_RECONNECTION_DELAY_MAX: String(longestDelayMs),
  // All clients have one address, and come back far more often than people's.
  SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1000000",
  SIGNALBOX_CONNECT_RATE_PER_USER: "1000000",
  SIGNALBOX_MAX_CONNECTIONS_PER_USER: "1000",
  // And all are one person, whose tasks they are.
  SIGNALBOX_MESSAGE_RATE: "1000000",
  SIGNALBOX_MESSAGE_BURST: "1000000",
  TASKS: String(taskCount),
};

it(`every client receives every end exactly once, in versions that rise, and is back within ${shippedRules.recoveryP99Ms} ms (p99)`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-chaos-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const random = createDice(seed);
  // Where times are equal the server goes first: no client receives a state before it is written down.
  const files = ["server.jsonl", "clients.jsonl", "stalls.jsonl"];
  const [serverJournal = "", clientJournal = "", stallJournal = ""] = files.map((file) => join(folder, file));
  const { write: record } = openJournal(clientJournal);
  const database = join(folder, "tasks.db");
  const readStored = createStoredReader(database, record);
  const witnesses: Witness[] = [];
  const known = new Set<string>();
  const consider = (witness: Witness, task: string): void => {
    if (random() < interest) witness.watch(task);
  };
  const server = await createServerProcess({ ...env, DATABASE: database, JOURNAL: serverJournal }, (task) => {
    if (known.has(task)) return;
    known.add(task);
    for (const witness of witnesses) consider(witness, task);
  });
  onTestFinished(() => server.end("SIGKILL"));
  const started = Date.now();
  const stalls = recordStalls(() => server.pids, openJournal(stallJournal).write);
  onTestFinished(stalls.stop);
  const lag = monitorEventLoopDelay();
  lag.enable();

  await server.start();
  for (let number = 1; number <= clientCount; number += 1) {
    const name = `client-${number}`;
    const session = `somebody~${number}`;
    const witness = await createWitness({ name, user: "somebody", session, port: server.port, origin, record });
    witnesses.push(witness);
    for (const task of known) consider(witness, task);
  }
  onTestFinished(async () => void (await Promise.all(witnesses.map((witness) => witness.close()))));
  await until(() => witnesses.every((witness) => witness.isWell() && witness.isWatching()), 60_000);

  const counts: Record<string, number> = {};
  let restarts = Promise.resolve();
  const heldBack: Promise<void>[] = [];
  const some = (): Witness[] => {
    const share = random() * mostConcerned;
    return witnesses.filter(() => random() < share);
  };
  /**
   * An attempt that an interruption spoils begins anew; a client that only waits for its next attempt is not disturbed.
   */
  const spoil = ({ name, isRecovering }: Witness): void => {
    if (isRecovering()) record({ operation: "reachable", actor: name, at: Date.now() });
  };
  const cut = (those: readonly Witness[]): void => {
    for (const witness of those) {
      witness.line.cut();
      spoil(witness);
    }
  };
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  async function restart(downMs: number): Promise<void> {
    await server.end("SIGKILL");
    await pause(downMs);
    await readStored();
    await server.start();
    record({ operation: "reachable", at: Date.now() });
  }

  async function holdBack(those: readonly Witness[], ms: number, thenCut: boolean): Promise<void> {
    for (const { name, line } of those) {
      record({ operation: "silenced", actor: name, at: Date.now() });
      line.freeze();
    }
    await pause(ms);
    for (const witness of those) {
      if (thenCut) witness.line.cut();
      witness.line.thaw();
      record({ operation: "heard", actor: witness.name, at: Date.now() });
      spoil(witness);
    }
  }

  const interrupt: Record<keyof typeof kinds, () => void> = {
    kill: () => {
      const downMs = random() * 500;
      restarts = restarts.then(() => restart(downMs));
    },
    cutAll: () => cut(witnesses),
    cutSome: () => cut(some()),
    holdBack: () => void heldBack.push(holdBack(some(), 200 + random() * 1800, random() < 0.5)),
    closeTransports() {
      server.say({ type: "close_transports", share: random() * mostConcerned });
      witnesses.forEach(spoil);
    },
  };

  const names = Object.keys(kinds) as (keyof typeof kinds)[];
  const plan = names.flatMap((kind) =>
    Array.from({ length: Math.round((kinds[kind] * interruptions) / 100) }, () => kind),
  );
  for (const kind of shuffled(plan, random)) {
    await pause(random() * 2 * meanGapMs);
    // While the server starts there is little to interrupt: now and then it is done all the same.
    if (random() < 0.8) await restarts;
    counts[kind] = (counts[kind] ?? 0) + 1;
    interrupt[kind]();
  }
  // A connection that is held back looks well, until it is cut.
  await Promise.all([restarts, ...heldBack]);
  await until(() => witnesses.every((witness) => witness.isWell()), 60_000).catch(() => {});
  await server.finish();
  await until(() => witnesses.every((witness) => !witness.isWatching() && witness.isWell()), 60_000).catch(() => {});

  stalls.stop();
  await readStored();
  const lines = readHistory([serverJournal, clientJournal, stallJournal]);
  const verdict = await checkHistory(lines);
  const { recoveries, operations } = verdict;
  const { final: told = 0, applied = 0 } = operations;
  const figures = {
    ...{ seed, interruptions: plan.length, counts, tasks: known.size, finals: told, applied, recoveries },
    stalledShare: verdict.stalledMs / verdict.tookMs,
    lagP99Ms: Math.round(lag.percentile(99) / 1e6),
    seconds: Math.round((Date.now() - started) / 1000),
  };
  process.stdout.write(`interruptions: ${JSON.stringify(figures)}\n`);
  if (verdict.faults.length > 0) {
    const kept = join(tmpdir(), `signalbox-history-${seed}`);
    cpSync(folder, kept, { recursive: true });
    const stuck = witnesses.filter((witness) => witness.isWatching() || !witness.isWell()).map((w) => w.describe());
    process.stdout.write(`history: ${kept}\n${stuck.join("\n")}\n`);
  }
  expect(verdict.faults).toEqual([]);
  expect(plan.length).toBe(interruptions);
  expect(recoveries.count).toBeGreaterThan(interruptions);
  expect(told).toBeGreaterThan(clientCount * taskCount * interest);
}, 480_000);
