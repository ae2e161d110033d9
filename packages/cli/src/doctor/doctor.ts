import type { Credentials } from "../credentials.ts";
import { exitCodes } from "../exit-codes.ts";
import { harmless, type Terminal } from "../terminal.ts";
import { type Finding, fail } from "./finding.ts";
import { createHttpClient } from "./http-client.ts";
import type { Facts, Outcome, Patient, Step } from "./step.ts";
import { http, proxyHeaders } from "./steps/http.ts";
import { metrics } from "./steps/metrics.ts";
import { nameResolution, tcp } from "./steps/network.ts";
import { preflight } from "./steps/origin.ts";
import { csrf, namespaces, session } from "./steps/session.ts";
import { clock, roundTrip } from "./steps/timing.ts";
import { tls } from "./steps/tls.ts";
import { clientConfig, polling, stickiness, upgrade } from "./steps/transports.ts";

/** From the network layer upwards: each step builds on what earlier ones have found. */
const steps: readonly Step[] = [
  ...[nameResolution, tcp, tls, http, preflight, clientConfig, proxyHeaders, polling, stickiness, upgrade],
  ...[session, csrf, namespaces, metrics, roundTrip, clock],
];

export interface DoctorOptions {
  readonly url: URL;
  /** Origin of the page whose requests are imitated. */
  readonly origin: string;
  readonly credentials: Credentials;
  readonly ca: string | undefined;
  readonly asJson: boolean;
}

interface Line extends Finding {
  readonly step: string;
}

const timeoutMs = 10_000;
const signs = { pass: "✓", warn: "!", fail: "✗", skip: "-" } as const;
const colours = { pass: "green", warn: "yellow", fail: "red", skip: "dim" } as const;

/** `signalbox doctor`: checks each step of a connection, from the name to the clock, and reports each result. */
export async function examine(terminal: Terminal, options: DoctorOptions): Promise<number> {
  const { url, origin, credentials, ca, asJson } = options;
  const http = createHttpClient({ url, origin, ...credentials, ca, timeoutMs });
  const patient: Patient = { url, origin, credentials, http, ca };
  const lines: Line[] = [];
  let facts: Facts = {};
  for (const step of steps) {
    terminal.passing(`… ${step.title}`);
    const outcome = await look(step, patient, facts);
    facts = { ...facts, ...outcome.facts };
    for (const finding of outcome.findings) {
      const line = { step: step.title, ...finding };
      lines.push(line);
      if (!asJson) print(terminal, line);
    }
    if (outcome.isLast) break;
  }
  const count = (verdict: Finding["verdict"]): number => lines.filter((line) => line.verdict === verdict).length;
  const failed = count("fail");
  if (asJson) terminal.print(JSON.stringify({ url: url.href, origin, ok: failed === 0, findings: lines }));
  else
    terminal.print(
      `${count("pass")} passed, ${count("warn")} warned, ${failed} failed, ${count("skip")} not looked at.`,
    );
  return failed === 0 ? exitCodes.ok : exitCodes.bad;
}

/** A step that throws becomes a finding, and later steps still run. */
async function look(step: Step, patient: Patient, facts: Facts): Promise<Outcome> {
  try {
    return await step.run(patient, facts);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const fix = "Ask again; if it stays, look at the server's log and at what is in between.";
    return { findings: [fail(`No answer that could be read (${code ?? message}).`, fix)] };
  }
}

function print(terminal: Terminal, { step, verdict, says, fix }: Line): void {
  terminal.print(`${terminal.paint(colours[verdict], signs[verdict])} ${step.padEnd(11)} ${harmless(says)}`);
  if (fix !== undefined) terminal.print(`  ${"".padEnd(11)} ${terminal.paint("bold", "Fix:")} ${harmless(fix)}`);
}
