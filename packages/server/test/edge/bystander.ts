import type { TaskSnapshot } from "@signalbox/protocol";
import { expect } from "vitest";
import { connectClient, type TestServer } from "../../src/testing/index.ts";

/** Another client's task, reported ten times a second: nothing that somebody else does may delay it. */
export interface Bystander {
  /** Waits for two more updates, and looks at everything that has come since the last time. */
  check(): Promise<void>;
}

/** The promise is 500 ms without an update, and no report left out: at 100 ms each is a frame of its own. */
const maxGapMs = 500;

/** Connects one that is on nobody's side; `cleanUps` is told how it ends. */
export async function watchStream(on: TestServer, cleanUps: (() => unknown)[], origin = on.url): Promise<Bystander> {
  const { cookie } = on.sessions.signIn({ userId: "bystander" });
  const client = await connectClient(on.url, { cookie, origin });
  const task = await on.realtime.progress.create({ kind: "stream", title: "Stream", owner_id: "bystander" });
  await client.request("join_task", { task_id: task.task_id });
  const updates: { at: number; version: number; current: number | null }[] = [];
  client.socket.on("progress_update", ({ version, current }: TaskSnapshot) => {
    updates.push({ at: Date.now(), version, current });
  });
  let reported = 0;
  const timer = setInterval(() => {
    reported += 1;
    void on.realtime.progress.report(task.task_id, { status: "running", current: reported });
  }, 100);
  cleanUps.push(() => {
    clearInterval(timer);
    client.close();
  });
  return {
    async check() {
      const before = updates.length;
      await expect.poll(() => updates.length).toBeGreaterThan(before + 1);
      for (const [index, { at, version, current }] of updates.entries()) {
        const previous = updates[index - 1];
        if (previous === undefined) continue;
        expect(at - previous.at).toBeLessThan(maxGapMs);
        expect(version).toBeGreaterThan(previous.version);
        expect((current ?? 0) - (previous.current ?? 0)).toBeOneOf([1, 2]);
      }
    },
  };
}
