import type { Marker } from "../recorded.ts";
import { pause, type World } from "../world.ts";
import type { FaultKind } from "./kind.ts";

/** Answers what was accepted (3 s), lets the last frames leave (0.5 s), and saves what is left. */
const longestStopMs = 5000;

const downMs = (random: () => number): number => random() * 500;

/** Dies at the next end of a task that comes to the marker. */
const killAt = (marker: Marker, fault: string, promise: string): FaultKind => ({
  name: `kill_${marker}`,
  fault,
  promise,
  compared: marker === "after_commit",
  async inject({ world, random }) {
    const { server } = world;
    await server.ask("arm", marker);
    await died(world, server.exited);
    await pause(downMs(random));
    await world.restart();
  },
});

export async function died(world: World, exited: Promise<unknown>): Promise<void> {
  let isDead = false;
  void exited.then(() => {
    isDead = true;
  });
  world.promise("the marker is reached", await world.until(() => isDead, 15_000), "no task ended for 15 s");
}

export const serverEnds: readonly FaultKind[] = [
  {
    name: "kill_mid_progress",
    fault: "kill -9 in the middle of 500 tasks",
    promise: "every end applied once by every watcher, progress never backwards, back within 5 s (p99)",
    tasks: 500,
    pace: 0.03,
    compared: true,
    async inject({ world, random }) {
      await pause(random() * 1000);
      world.server.signal("SIGKILL");
      await world.server.exited;
      await pause(downMs(random));
      await world.restart();
    },
  },
  killAt("before_commit", "kill -9 before the commit of an end", "what is not committed was never acknowledged"),
  killAt("after_commit", "kill -9 between commit and emit", "what is committed is delivered later"),
  killAt(
    "before_acknowledgement",
    "kill -9 between emit and acknowledgement",
    "delivered once, though the application was never told that it is done",
  ),
  {
    name: "sigterm",
    fault: "SIGTERM under load",
    promise: `accepted is answered and kept, exit with 0 within ${longestStopMs / 1000} s`,
    compared: true,
    async inject({ world, random }) {
      await pause(random() * 500);
      const { server } = world;
      const elapsed = world.stopwatch();
      server.signal("SIGTERM");
      const code = await server.exited;
      const tookMs = Math.round(elapsed());
      world.promise("exit within the limit", code === 0 && tookMs <= longestStopMs, `${code} after ${tookMs} ms`);
      await pause(downMs(random));
      await world.restart();
    },
  },
];
