import { expect, test } from "vitest";
import { socketIoDelayMs } from "../../load/comeback.ts";
import { Histogram } from "../../load/histogram.ts";
import { chooseTasks } from "../../load/progress-watch.ts";
import { findStamp, readStamp } from "../../load/stamp.ts";
import { messageOf, payloadOf, stampOf } from "../../peers/payloads.ts";

test("quantiles are within a bucket of the exact ones", () => {
  const histogram = new Histogram();
  for (let ms = 1; ms <= 1000; ms += 1) histogram.add(ms);
  expect(histogram.quantile(0.5)).toBeCloseTo(500, 0);
  expect(histogram.quantile(0.99)).toBeCloseTo(990, 0);
  expect(histogram.quantile(1)).toBeCloseTo(1000, 0);
  expect(new Histogram().quantile(0.5)).toBeNaN();
});

test("times outside of what is counted go to the ends", () => {
  const histogram = new Histogram();
  histogram.add(-1);
  histogram.add(1e9);
  expect(histogram.quantile(0.5)).toBeLessThanOrEqual(0.1);
  expect(histogram.quantile(1)).toBeGreaterThanOrEqual(59_999);
});

test("a payload has as many bytes as it should, and its stamp is found in the bytes", () => {
  const text = JSON.stringify(payloadOf(200, 1_234_567));
  expect(Buffer.byteLength(text)).toBe(200);
  const frame = Buffer.from(`42["news",${text}]`);
  expect(readStamp(frame, findStamp(frame, 0, frame.length))).toBe(1_234_567);
});

test("every state in a batch is found, in whatever order its fields come, and nothing beyond the frame", () => {
  const tasks = [
    { message: messageOf(7, 100), task_id: "task-0007" },
    { task_id: "task-0199", title: "at=1", message: messageOf(199, 200) },
  ];
  const frame = Buffer.from(`42["progress_batch",${JSON.stringify({ tasks })}]${JSON.stringify(stampOf(300))}`);
  const end = frame.lastIndexOf("]") + 1;
  const stamps: number[] = [];
  for (let at = findStamp(frame, 0, end); at >= 0; at = findStamp(frame, at, end)) stamps.push(readStamp(frame, at));
  expect(stamps).toEqual([100, 200]);
});

test("neighbours watch the same tasks in blocks, and no two clients do at random", () => {
  const shape = { tasks: 200, perClient: 5 };
  const blocks = chooseTasks(1000, { ...shape, choice: "blocks" });
  expect(blocks[0]).toEqual(blocks[40]);
  const random = chooseTasks(1000, { ...shape, choice: "random" });
  expect(new Set(random.map((tasks) => tasks.toSorted((a, b) => a - b).join())).size).toBe(1000);
  expect(random.every((tasks) => new Set(tasks).size === 5 && tasks.every((task) => task >= 0 && task < 200))).toBe(
    true,
  );
  expect(chooseTasks(1000, { ...shape, choice: "random" })).toEqual(random);
});

test("socket.io-client waits a second and a half more or less, twice as long each time, at most five", () => {
  const delays = (failures: number) =>
    Array.from({ length: 100 }, (_, index) => socketIoDelayMs(failures, index / 100));
  expect(Math.min(...delays(0))).toBeGreaterThanOrEqual(500);
  expect(Math.max(...delays(0))).toBeLessThanOrEqual(1500);
  expect(Math.max(...delays(1))).toBeGreaterThan(2500);
  expect(Math.max(...delays(6))).toBe(5000);
});
