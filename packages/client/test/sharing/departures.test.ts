import { describe, expect, test } from "vitest";
import { settled } from "./fake-browser.ts";
import { createWorld } from "./tabs.ts";

const task = (id: string): { task_id: string } => ({ task_id: id });

describe("a tab that goes", () => {
  test.each(["kill", "close", "suspend"] as const)("leaves nothing behind: %s", async (end) => {
    const world = createWorld({ respond: () => ({}) });
    const [a, b, c] = await world.openTabs(3);
    a?.link.open("/");
    b?.link.open("/");
    c?.link.open("/");
    b?.link.open("/admin");
    await settled();
    await b?.link.request("/", "join_task", task("mine"));
    await b?.link.request("/", "join_task", task("ours"));
    await c?.link.request("/", "join_task", task("ours"));
    if (end === "kill") b?.platform.kill();
    else b?.link[end]();
    await settled();
    expect(world.leading().joined).toEqual(new Set(["ours"]));
    expect(world.leading().log).toEqual(["open /", "open /admin", "leave /admin"]);
    expect(world.browser.held()).toHaveLength(3);
  });

  test("a closed link settles what waits, ends its state, and stays closed", async () => {
    const world = createWorld();
    const [a, b] = await world.openTabs(2);
    b?.link.open("/");
    await settled();
    const waiting = b?.link.request("/", "get_task_status", task("t1"), { idempotent: true });
    b?.link.close();
    b?.link.close();
    await expect(waiting).rejects.toMatchObject({ code: "closed" });
    await expect(b?.link.request("/", "cancel_task", task("t1"))).rejects.toMatchObject({ code: "closed" });
    b?.link.suspend();
    b?.link.resume();
    b?.link.open("/");
    await settled();
    expect(b?.link.state.get()).toMatchObject({ status: "closed", code: "closed_by_application" });
    expect(b?.link.namespaceState("/").status).toBe("closed");
    a?.link.close();
    await settled();
    expect([world.live(), world.browser.held()]).toEqual([[], []]);
  });

  test("a link may be closed by what listens to it, in the middle of a change", async () => {
    const world = createWorld();
    const [first, second] = await world.openTabs(2);
    second?.link.open("/");
    await settled();
    second?.link.onNamespace((_, { status }) => status === "closed" && second.link.close());
    first?.platform.kill();
    await settled();
    expect(second?.namespaces.at(-1)).toBe("/ closed");
    expect([world.live(), world.browser.held()]).toEqual([[], []]);
  });
});

test("a leader whose own listener closes it opens nothing more", async () => {
  const world = createWorld();
  const tab = world.openTab();
  tab.link.open("/");
  tab.link.open("/admin");
  tab.link.state.subscribe(({ attempt }) => attempt > 0 && tab.link.close());
  await settled();
  expect(tab.opened[0]?.log).toEqual(["open /", "close"]);
  expect(world.live()).toEqual([]);
});
