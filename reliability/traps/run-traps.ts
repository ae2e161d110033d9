import { createAttacker } from "./attacker.ts";
import type { Finding, Probe } from "./probe.ts";
import { connectionProbes } from "./probes/connections.ts";
import { doorProbes } from "./probes/doors.ts";
import { packetProbes } from "./probes/packets.ts";
import { startTarget, type Target, type TargetName } from "./target.ts";

/** A probe, and what it found on each target. */
export interface Row {
  readonly probe: Probe;
  readonly bare: Finding;
  readonly signalbox: Finding;
}

const number = ({ id }: Probe): number => Number(id.slice(1)) || 100 + id.charCodeAt(0);

/** As in the table: the traps by number, then the cases by letter. */
export const probes: readonly Probe[] = [...connectionProbes, ...packetProbes, ...doorProbes].sort(
  (a, b) => number(a) - number(b),
);

/** Runs every probe on both targets, side by side. */
export async function runTraps(): Promise<Row[]> {
  const [bare, signalbox] = await Promise.all([probeTarget("bare"), probeTarget("signalbox")]);
  return probes.map((probe) => ({ probe, bare: found(bare, probe), signalbox: found(signalbox, probe) }));
}

type Findings = ReadonlyMap<Probe, Finding>;

function found(findings: Findings, probe: Probe): Finding {
  const finding = findings.get(probe);
  if (finding === undefined) throw new Error(`"${probe.rule}" was not probed.`);
  return finding;
}

/** Those that wait for a time-out have a target of their own, which no other probe ends. */
async function probeTarget(name: TargetName): Promise<Findings> {
  const findings = new Map<Probe, Finding>();
  const patient = await startTarget(name);
  let target = await startTarget(name);
  const oneByOne = async (): Promise<void> => {
    for (const probe of probes.filter((probe) => !probe.patient)) {
      if (!target.isAlive()) target = await startTarget(name);
      findings.set(probe, await attack(probe, target));
    }
  };
  const waiting = probes
    .filter((probe) => probe.patient)
    .map(async (probe) => findings.set(probe, await attack(probe, patient)));
  try {
    await Promise.all([...waiting, oneByOne()]);
  } finally {
    await Promise.all([target.stop(), patient.stop()]);
  }
  return findings;
}

async function attack(probe: Probe, target: Target): Promise<Finding> {
  const attacker = createAttacker(target, `127.0.2.${probes.indexOf(probe) + 1}`);
  try {
    return await probe.run(attacker);
  } catch (error) {
    throw new Error(`"${probe.rule}" could not be probed on ${target.name}.`, { cause: error });
  } finally {
    attacker.leave();
  }
}
