import type { TaskSnapshot } from "@signalbox/protocol";
import { expect } from "vitest";
import { connectClient, startStopwatch, type TestServer } from "../../src/testing/index.ts";

/** Another client's task, reported ten times a second: no attack may delay it. */
export interface Bystander {
  /** Waits for the updates that are reported from now on, and names those that were late or missing since the start. */
  problems(): Promise<string[]>;
  close(): void;
}

/**
 * The guarantee: no update is later than this, and neither is the next one after it. Time that the machine withheld
 * does not count.
 */
const maxDelayMs = 500;

const reportEveryMs = 100;

/** Connects a client that takes no part in the attack. */
export async function watchStream(on: TestServer, origin = on.url): Promise<Bystander> {
  const { cookie } = on.sessions.signIn({ userId: "bystander" });
  const client = await connectClient(on.url, { cookie, origin });
  const task = await on.realtime.progress.create({ kind: "stream", title: "Stream", owner_id: "bystander" });
  await client.request("join_task", { task_id: task.task_id });
  const sinceReport: (() => number)[] = [];
  const updates: { delay: number; gap: number; version: number; current: number }[] = [];
  let sinceUpdate = (): number => 0;
  client.socket.on("progress_update", ({ version, current: reported }: TaskSnapshot) => {
    const current = reported ?? 0;
    const delay = Math.round(sinceReport[current - 1]?.() ?? Number.NaN);
    updates.push({ delay, gap: Math.round(sinceUpdate()), version, current });
    sinceUpdate = startStopwatch();
  });
  const timer = setInterval(() => {
    const current = sinceReport.push(startStopwatch());
    void on.realtime.progress.report(task.task_id, { status: "running", current });
  }, reportEveryMs);

  return {
    async problems() {
      const next = sinceReport.length + 1;
      try {
        await expect.poll(() => updates.at(-1)?.current).toBeGreaterThanOrEqual(next);
      } catch {
        return [`The bystander's stream has ended at ${updates.at(-1)?.current} of ${sinceReport.length} reports.`];
      }
      return updates.flatMap((update, index) => {
        const { delay, gap, version, current } = update;
        const previous = updates[index - 1] ?? { version: 0, current: 0 };
        return [
          delay <= maxDelayMs ? "" : `The bystander's update ${current} came ${delay} ms after its report.`,
          gap <= maxDelayMs ? "" : `The bystander's stream has a gap of ${gap} ms before update ${current}.`,
          version > previous.version ? "" : `The bystander's update ${current} has version ${version} once more.`,
          // A report may be skipped where the next one came before the update left. Two in a row may not.
          current - previous.current <= 2 ? "" : `The bystander's updates skip from ${previous.current} to ${current}.`,
        ].filter((problem) => problem !== "");
      });
    },
    close() {
      clearInterval(timer);
      client.close();
    },
  };
}
