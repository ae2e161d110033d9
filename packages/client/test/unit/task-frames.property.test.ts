/** However the server puts what changed into frames, and however they arrive: what listeners receive. */
import { type FinalStatus, finalEvents, type TaskSnapshot } from "@signalbox/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createNamespaceClient } from "../../src/namespace-client.ts";
import { createProbe } from "../../src/probe.ts";
import { createReporter } from "../../src/report.ts";
import { createTaskStore } from "../../src/tasks/task-store.ts";
import { settled } from "../sharing/fake-browser.ts";
import { createScriptedLink, type ScriptedLink } from "../sharing/scripted-link.ts";
import { manualEnvironment } from "./manual-environment.ts";

const taskIds = ["a", "b", "c"];
const events = ["progress_update", ...Object.values(finalEvents)];
/** What the server may send by mistake, or a newer one on purpose. */
const malformed = [null, "text", [], { task_id: "a" }, { task_id: "a", version: "9", status: "running" }];

const snapshot = (task_id: string, version: number, status: TaskSnapshot["status"]): TaskSnapshot =>
  ({ task_id, version, status }) as TaskSnapshot;

/** The life of each task: versions that rise, and an end. */
const lives = fc.tuple(
  ...taskIds.map((id) =>
    fc
      .record({
        steps: fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { maxLength: 12 }),
        end: fc.constantFrom<FinalStatus>("completed", "failed", "cancelled"),
      })
      .map(({ steps, end }) => [
        ...steps.sort((a, b) => a - b).map((version) => snapshot(id, version, "running")),
        snapshot(id, 1001, end),
      ]),
  ),
);

const cutting = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1 });

/** All of it, some of it more than once, in any order, cut into frames anywhere. */
const arrival = lives.chain((each) => {
  const all = each.flat();
  return fc.record({
    each: fc.constant(each),
    order: fc
      .array(fc.constantFrom(...all), { maxLength: 20 })
      .chain((again) => fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length })),
    cuts: cutting,
    spoilt: fc.array(fc.tuple(fc.nat(7), fc.constantFrom(...malformed)), { maxLength: 5 }),
    watched: fc.subarray(taskIds),
  });
});

/** Frames of as many snapshots as `cuts` says, over and over. */
function framesOf(order: readonly TaskSnapshot[], cuts: readonly number[]): TaskSnapshot[][] {
  const frames: TaskSnapshot[][] = [];
  for (let at = 0, turn = 0; at < order.length; turn += 1) {
    const size = cuts[turn % cuts.length] ?? 1;
    frames.push(order.slice(at, at + size));
    at += size;
  }
  return frames;
}

/** A lone snapshot is an event of its own, like every end; several are a batch. */
function send(link: ScriptedLink, frame: readonly unknown[]): void {
  const [only, ...others] = frame as (TaskSnapshot | null)[];
  if (others.length > 0) return link.emit("/", "progress_batch", { tasks: frame });
  const end = finalEvents[only?.status as FinalStatus];
  link.emit("/", end ?? "progress_update", only);
}

/** A client on a connection whose server is the test, with listeners that write down what they receive. */
async function listen(watched: readonly string[]) {
  const environment = manualEnvironment();
  const report = createReporter();
  const link = createScriptedLink(environment.now, report, { respond: () => ({}) });
  const probe = createProbe({ base: "http://server.test", environment, headers: async () => ({}) });
  const told: { event: string; task: TaskSnapshot }[] = [];
  const dropped: string[] = [];
  const client = createNamespaceClient({
    ...{ path: "/", link, report },
    onMalformed: (event) => void dropped.push(event),
    onClosed() {},
  });
  const tasks = createTaskStore({ link, probe, environment, report, onTask: client.deliver });
  client.intercept(tasks.accept);
  for (const event of [...events, "progress_batch"]) client.on(event as never, (task) => told.push({ event, task }));
  link.open("/");
  await settled();
  return { link, told, dropped, watches: watched.map((id) => tasks.watch(id)) };
}

test("versions only rise, each end comes once, and what is malformed takes nothing with it", async () => {
  await fc.assert(
    fc.asyncProperty(arrival, async ({ each, order, cuts, spoilt, watched }) => {
      const { link, told, dropped, watches } = await listen(watched);
      const frames: unknown[][] = framesOf(order, cuts);
      for (const [membership, thing] of spoilt) frames[membership % frames.length]?.splice(membership % 3, 0, thing);
      for (const frame of frames) send(link, frame);

      expect(dropped).toEqual(spoilt.map(() => "progress_update"));
      for (const [index, life] of each.entries()) {
        const ofTask = told.filter(({ task }) => task.task_id === taskIds[index]);
        const versions = ofTask.map(({ task }) => task.version);
        expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
        const [end] = life.slice(-1);
        expect(ofTask.filter(({ event }) => event !== "progress_update")).toEqual([
          { event: finalEvents[end?.status as FinalStatus], task: end },
        ]);
        expect(ofTask.at(-1)?.task).toEqual(end);
      }
      for (const { taskId, get } of watches) expect(get().task).toEqual(each[taskIds.indexOf(taskId)]?.at(-1));
    }),
    { numRuns: 300 },
  );
});

test("in order, every version reaches the listeners", async () => {
  await fc.assert(
    fc.asyncProperty(lives, cutting, async (each, cuts) => {
      const { link, told } = await listen(taskIds);
      for (const frame of framesOf(each.flat(), cuts)) send(link, frame);
      expect(told.map(({ task }) => task)).toEqual(each.flat());
    }),
  );
});
