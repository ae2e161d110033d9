import { setTimeout as pause } from "node:timers/promises";
import { firstAdministrator } from "../peers/users.ts";
import type { Stage } from "../stage.ts";

/** A storm of progress: who watches what, and how often it changes. */
export interface Storm {
  readonly watchers: number;
  readonly tasks: number;
  readonly updatesPerSecond: number;
  readonly choice: "blocks" | "random";
}

export interface StormFigures {
  readonly cpuUs: number;
  readonly seconds: number;
  readonly processed: number;
  /** Of what was offered, in percent. */
  readonly taken: number;
  readonly framesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lagP99Ms: number;
}

/** How many tasks each watches. */
const perClient = 5;

/** The last updates are with their watchers by then: more than a flush interval of Signalbox. */
const settleMs = 250;

/**
 * Lets watchers in and to their tasks. They are administrators, each a person of their own: a task belongs to one user,
 * and only that user and administrators may watch it.
 */
export async function prepareStorm({ server, load }: Stage, storm: Storm): Promise<void> {
  const { watchers, tasks, choice } = storm;
  const users = { from: firstAdministrator, count: watchers };
  await server.call("tasks", { count: tasks });
  await load.call("tokens", users);
  await load.call("open", { ...users, atOnce: 50 });
  await load.call("watch", { tasks, perClient, choice });
}

/** What the updates of some seconds cost the server, and how old what the watchers see is meanwhile. */
export async function runStorm(stage: Stage, storm: Storm, seconds: number): Promise<StormFigures> {
  const { tasks, updatesPerSecond } = storm;
  const { server, load } = stage;
  await load.call("observe", { tasks });
  const { cpuUs, answer } = await stage.measure(async () => {
    const done = await server.call("progress", { tasks, updatesPerSecond, seconds });
    // What is still to be sent of them belongs to their cost.
    await pause(settleMs);
    return done;
  });
  const { frames, p50Ms, p99Ms } = await load.call("observed", {});
  const { processed, lagP99Ms } = answer;
  const taken = (processed / (updatesPerSecond * seconds)) * 100;
  return { ...{ cpuUs, seconds, processed, taken, p50Ms, p99Ms, lagP99Ms }, framesPerSecond: frames / seconds };
}
