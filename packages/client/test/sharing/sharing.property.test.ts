/** Tabs that open, join, leave, sleep, wake, close and crash at random: what holds of sharing, whatever they do. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { settled } from "./fake-browser.ts";
import { createWorld, type TestTab } from "./tabs.ts";

const tabCount = 4;
const namespace = "/";
const tasks = ["t1", "t2"] as const;

const step = fc.record({
  tab: fc.nat(tabCount - 1),
  task: fc.constantFrom(...tasks),
  action: fc.constantFrom(
    "open",
    "join",
    "leave",
    "ask",
    "suspend",
    "resume",
    "close",
    "kill",
    "drop",
    "establish",
    "settle",
  ),
});

/** A tab with what a task store does on it: it joins again with each opening. */
function follow(tab: TestTab) {
  const joined = new Set<string>();
  const join = (task: string): void => {
    const payload = { task_id: task };
    tab.link.request(namespace, "join_task", payload, { idempotent: true }).catch(() => {});
  };
  tab.link.onNamespace((_, { status }) => {
    if (status === "open") for (const task of joined) join(task);
  });
  return {
    ...{ tab, joined, alive: true, awake: true },
    join(task: string): void {
      joined.add(task);
      if (tab.link.namespaceState(namespace).status === "open") join(task);
    },
    leave(task: string): void {
      if (!joined.delete(task) || tab.link.namespaceState(namespace).status !== "open") return;
      tab.link.request(namespace, "leave_task", { task_id: task }).catch(() => {});
    },
  };
}

test("there is one connection, in what its tabs have joined and in nothing else, and every request is settled", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const world = createWorld({ respond: () => ({}) });
      const tabs = Array.from({ length: tabCount }, () => follow(world.openTab()));
      const requests: { by: (typeof tabs)[number]; settled: boolean }[] = [];

      for (const { tab: index, task, action } of steps) {
        const tab = tabs[index];
        if (tab === undefined || !tab.alive) continue;
        const { link, platform } = tab.tab;
        if (action === "settle") await settled();
        for (const real of world.live()) {
          const { status } = real.state.get();
          if (action === "drop" && status === "connected") real.drop();
          if (action === "establish" && status === "reconnecting") real.establish();
        }
        if (action === "open") link.open(namespace);
        if (action === "join") tab.join(task);
        if (action === "leave") tab.leave(task);
        if (action === "ask") {
          const request = { by: tab, settled: false };
          requests.push(request);
          const settle = (): void => {
            request.settled = true;
          };
          link.request(namespace, "cancel_task", { task_id: task }).then(settle, settle);
        }
        if (action === "suspend" || action === "resume") {
          link[action]();
          tab.awake = action === "resume";
        }
        if (action === "close" || action === "kill") {
          tab.alive = false;
          if (action === "close") link.close();
          else platform.kill();
        }
        expect(world.live().length).toBeLessThanOrEqual(1);
      }
      for (const real of world.live()) if (real.state.get().status === "reconnecting") real.establish();
      await settled();

      const present = tabs.filter(({ alive, awake }) => alive && awake);
      const watching = present.filter(({ tab }) => tab.link.namespaceState(namespace).status === "open");
      expect(world.live()).toHaveLength(present.length > 0 ? 1 : 0);
      expect(world.browser.held()).toHaveLength(present.length > 0 ? present.length + 1 : 0);
      expect(world.browser.waiting()).toBe(present.length > 0 ? 2 * (present.length - 1) : 0);
      const wanted = new Set(watching.flatMap(({ joined }) => [...joined]));
      expect(world.live()[0]?.joined ?? new Set()).toEqual(wanted);
      for (const { tab } of present) {
        expect(tab.link.namespaceState(namespace).status).not.toBe("opening");
        expect(tab.problems).toEqual([]);
      }

      for (const { tab } of tabs) tab.link.resume();
      world.environment.advance(10_000);
      await settled();
      for (const { by, settled } of requests) {
        if (by.alive || by.tab.link.state.get().status === "closed") expect(settled).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
