import { monotonicUs, stampDigits, taskDigits, taskIdOf, taskMark } from "../peers/payloads.ts";
import { seededRandom } from "../seeded-random.ts";
import type { ObservedAnswer, WatchParams } from "./commands.ts";
import type { Crowd } from "./crowd.ts";
import { Histogram } from "./histogram.ts";
import { findStamp, readDigits, readStamp } from "./stamp.ts";

const seed = 20_240_607;

/** Which tasks each client watches. */
export function chooseTasks(clients: number, { tasks, perClient, choice }: WatchParams): number[][] {
  const random = seededRandom(seed);
  return Array.from({ length: clients }, (_, client) => {
    if (choice === "blocks") {
      const first = (client * perClient) % tasks;
      return Array.from({ length: perClient }, (_, index) => (first + index) % tasks);
    }
    const chosen = new Set<number>();
    while (chosen.size < perClient) chosen.add(Math.floor(random() * tasks));
    return [...chosen];
  });
}

/** Joins tasks, one request after the other for each client, as a page would. */
export function joinTasks(crowd: Crowd, params: WatchParams): Promise<void> {
  const chosen = chooseTasks(crowd.size, params);
  let left = crowd.size * params.perClient;
  return new Promise((resolve) => {
    const join = (index: number, request: number): void => {
      const task = chosen[index]?.[request];
      if (task === undefined) return;
      crowd.client(index)?.send(`42${request}["join_task",{"task_id":"${taskIdOf(task)}"}]`);
    };
    crowd.onAnswer = ({ index }, request) => {
      left -= 1;
      if (left === 0) resolve();
      join(index, request + 1);
    };
    for (const { index } of crowd.clients) join(index, 0);
  });
}

/** Ages of what watchers see. */
export class Observation {
  readonly #ages = new Histogram();
  readonly #delays = new Histogram();
  /** Per client and task, when the state that the client has was reported; 0 before the first. */
  readonly #seen: Float64Array;
  readonly #tasks: number;
  #frames = 0;
  #states = 0;

  constructor(crowd: Crowd, tasks: number) {
    this.#tasks = tasks;
    this.#seen = new Float64Array(crowd.indexes * tasks);
    crowd.onMessage = ({ index }, buffer, start, end) => this.#read(index * this.#tasks, buffer, start, end);
  }

  /** One `progress_update` or a `progress_batch`: each state in it has a stamp and its task's number. */
  #read(row: number, buffer: Buffer, start: number, end: number): void {
    const nowUs = monotonicUs();
    this.#frames += 1;
    for (let at = findStamp(buffer, start, end); at >= 0; at = findStamp(buffer, at, end)) {
      const cell = row + readDigits(buffer, at + stampDigits + taskMark.length, taskDigits);
      const before = this.#seen[cell] as number;
      if (before > 0) this.#ages.add((nowUs - before) / 1000);
      const reportedUs = readStamp(buffer, at);
      this.#seen[cell] = reportedUs;
      this.#delays.add((nowUs - reportedUs) / 1000);
      this.#states += 1;
    }
  }

  result(): ObservedAnswer {
    const { p50Ms, p99Ms } = { p50Ms: this.#ages.quantile(0.5), p99Ms: this.#ages.quantile(0.99) };
    const [delayP50Ms, delayP99Ms] = [this.#delays.quantile(0.5), this.#delays.quantile(0.99)];
    return { frames: this.#frames, states: this.#states, p50Ms, p99Ms, delayP50Ms, delayP99Ms };
  }
}
