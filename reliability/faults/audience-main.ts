/**
 * The clients that faults are put into, as a process of their own; each has a line that can be disturbed. `HOST`, `PORTS`,
 * `ORIGIN`, `LAYER`, `JOURNAL` and `CLIENTS` (a list of `ClientPlan` as JSON) come from the environment.
 */
import { createWitness, type Witness } from "../../packages/client/test/support/witness.ts";
import type { AudienceStatus, ClientPlan, Disturbance } from "./audience.ts";
import { createBareWitness } from "./bare/witness.ts";
import { openBufferedJournal } from "./journal.ts";
import { say, serve } from "./remote.ts";

const { HOST = "", PORTS = "", ORIGIN: origin = "", LAYER, JOURNAL = "", CLIENTS = "[]" } = process.env;
const create = LAYER === "bare" ? createBareWitness : createWitness;
const journal = openBufferedJournal(JOURNAL);
const plans = new Map((JSON.parse(CLIENTS) as ClientPlan[]).map((plan) => [plan.name, plan]));
const witnesses = new Map<string, Witness>();
/** Every task that was ever to be watched and, as far as we know, has not ended. */
const tasks = new Map<string, string>();
const ports = PORTS.split(",").map(Number);
let told = 0;
/** The port of a node that goes. */
let avoided: number | undefined;

const open = (plan: ClientPlan, suffix = ""): Promise<Witness> =>
  create({
    ...{ name: plan.name + suffix, user: plan.user, session: plan.session + suffix, pollingOnly: plan.pollingOnly },
    ...{ host: HOST, port: portsOf(plan), origin, notifications: true },
    record(line) {
      journal.write(line);
      if (line.operation === "applied" || line.operation === "final") told += 1;
      if (line.operation === "final") tasks.delete(line.task);
      // A load balancer asks another node when one refuses because it goes (`proxy_next_upstream http_503`).
      if (line.operation === "lost" && avoided !== undefined) witnesses.get(plan.name)?.line.moveOn(avoided);
    },
  });

for (const plan of plans.values()) witnesses.set(plan.name, await open(plan));

const disturbances: Record<Disturbance, (witness: Witness) => unknown> = {
  cut: ({ line }) => line.cut(),
  freeze: ({ line }) => line.freeze(),
  thaw: ({ line }) => line.thaw(),
  lose: ({ line }) => line.lose(),
  restore: ({ line }) => line.restore(),
};

serve({
  watch({ task, owner }: { task: string; owner: string }) {
    tasks.set(task, owner);
    for (const [name, witness] of witnesses) if (plans.get(name)?.user === owner) witness.watch(task);
  },
  avoid(port: number | null) {
    avoided = port ?? undefined;
  },
  disturb({ names, how }: { names: readonly string[]; how: Disturbance }) {
    for (const name of names) disturbances[how](get(name));
  },
  /** Replaces a client by another one, with a session of its own. */
  async renew({ name, suffix }: { name: string; suffix: string }) {
    const plan = plans.get(name);
    if (plan === undefined) throw new TypeError(`There is no client ${name}.`);
    const before = get(name);
    witnesses.delete(name);
    await before.close();
    const witness = await open(plan, suffix);
    witnesses.set(name, witness);
    for (const [task, owner] of tasks) if (owner === plan.user) witness.watch(task);
  },
  /** Which of these clients are not connected with everything live. */
  unwell: (names: readonly string[]): string[] => names.filter((name) => !isWell(get(name))),
  disconnected: (names: readonly string[]): string[] => names.filter((name) => !get(name).isConnected()),
  status(names: readonly string[] | null): AudienceStatus {
    const those = names === null ? [...witnesses.values()] : names.map(get);
    const stuck = those.filter((witness) => !isWell(witness));
    return {
      told,
      connected: those.filter((witness) => witness.isConnected()).length,
      upgraded: those.filter((witness) => witness.isUpgraded()).length,
      watching: those.filter((witness) => witness.isWatching()).length,
      stuck: stuck.slice(0, 3).map((witness) => witness.describe().slice(0, 400)),
    };
  },
  /** Clients whose applications did not receive this notice. */
  deaf: (notice: string): string[] =>
    [...witnesses.values()].filter((witness) => !witness.hasHeard(notice)).map(({ name }) => name),
  async close() {
    await Promise.all([...witnesses.values()].map((witness) => witness.close()));
    journal.flush();
  },
});
say("ready");

/** Half of the clients begin with the second node, where there is one. */
function portsOf({ name }: ClientPlan): readonly number[] {
  const isOdd = [...plans.keys()].indexOf(name) % 2 === 1;
  return isOdd ? [...ports].reverse() : ports;
}

function isWell(witness: Witness): boolean {
  return witness.isWell() && witness.knowsLedger();
}

function get(name: string): Witness {
  const witness = witnesses.get(name);
  if (witness === undefined) throw new TypeError(`There is no client ${name}.`);
  return witness;
}
