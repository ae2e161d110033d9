/**
 * A hostile case: an attacker attacks a running server, and afterwards no other client has been affected. Written as
 *
 *     hostileCase("a foreign origin is refused", { records: "origin_refused" }, async (attack) => {
 *       expect((await attack.knock([["Origin", "https://evil.example"]])).status).toBe(403);
 *     });
 */
import type { Page, SecurityEvent } from "@signalbox/protocol";
import { expect, it } from "vitest";
import { createLog } from "../../src/config/log-from-config.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { Clock, Store } from "../../src/core/ports.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { startTestServer, type TestServer, type Transport, transports } from "../../src/testing/index.ts";
import { type Attack, type Attacker, prepareAttack } from "./attacker.ts";
import { watchStream } from "./bystander.ts";
import { lineProblems } from "./log-lines.ts";
import { watchProcess } from "./process-watch.ts";
import { type Records, recordProblems } from "./records.ts";
import { watchTraces } from "./traces.ts";

type ServerOptions = NonNullable<Parameters<typeof startTestServer>[0]>;

interface CaseOptions extends Omit<ServerOptions, "logger"> {
  /** The exact content that the case leaves in the security log. */
  records: Records;
  /** Default: both. A rule of one transport, or of plain HTTP requests, names the transport on which it runs. */
  over?: readonly Transport[];
  /** The origin of the bystander's page, when the server's own address is not allowed. */
  origin?: string;
  /** Milliseconds that the attack and the checks may take. Default 60,000. */
  withinMs?: number;
}

/** Limits count everything as of one moment, so the speed of the machine does not matter. Timers still run. */
const at = Date.now();
export const oneMoment: Clock = { ...systemClock, now: () => at, monotonic: () => 0 };

/**
 * Short heartbeats find connections that ended silently. The long fold keeps equal security events on one line in a
 * slow case.
 */
const defaults = { SOCKETIO_PING_INTERVAL: "1", SOCKETIO_PING_TIMEOUT: "2", SIGNALBOX_SECURITY_FOLD: "3600" };

/** Defines one test for each transport. A test fails with the list of all effects on other clients. */
export function hostileCase(
  rule: string,
  { over = transports, withinMs = 60_000, ...options }: CaseOptions,
  attack: (attacker: Attacker) => Promise<void>,
): void {
  it.each(over)(`${rule}, over %s`, { timeout: withinMs }, async (transport) => {
    expect(await problemsOf(transport, options, attack)).toEqual([]);
  });
}

/**
 * Attacks its own server and reports the effects of the attack on others: a bystander's stream, the process, the log,
 * the security log, and what is left of the attacker's connections. Rejects when the attack itself finds a fault.
 */
export async function problemsOf(
  transport: Transport,
  { records, origin, env, store = createMemoryStore(), ...options }: Omit<CaseOptions, "over" | "withinMs">,
  attack: (attacker: Attacker) => Promise<void>,
): Promise<string[]> {
  const lines: string[] = [];
  const logger = createLog({ logLevel: "debug", debug: false, debugParts: [] }, { write: (line) => lines.push(line) });
  const processWatch = watchProcess();
  try {
    const server = await startTestServer({ ...options, store, logger, env: { ...defaults, ...env } });
    const attacker = prepareAttack(server, transport);
    const problems = await besideBystander(server, origin, attacker, attack).finally(() => server.close());
    const rows = await allRows(store);
    const written = [...lines, ...rows.map((row) => `${JSON.stringify(row)}\n`)];
    problems.push(
      ...(await processWatch.problems()),
      ...recordProblems(rows, records),
      ...lineProblems(written, attacker.secrets),
    );
    return [...new Set(problems)];
  } finally {
    processWatch.release();
  }
}

/** Runs the attack, and returns what clients on the server notice during and after it. */
async function besideBystander(
  server: TestServer,
  origin: string | undefined,
  attacker: Attack,
  attack: (attacker: Attacker) => Promise<void>,
): Promise<string[]> {
  const bystander = await watchStream(server, origin);
  const traces = watchTraces(server);
  try {
    await attack(attacker);
    attacker.leave();
    return [...(await traces.problems()), ...(await bystander.problems())];
  } finally {
    attacker.leave();
    bystander.close();
  }
}

/** The whole security log, once the server has closed its last line. */
async function allRows(store: Store): Promise<SecurityEvent[]> {
  const rows: SecurityEvent[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page: Page<SecurityEvent> = await store.securityEvents.list({ limit: 500, after });
    rows.push(...page.rows);
    after = page.next;
  }
  return rows;
}
