import { describe, expect, test } from "vitest";
import { settled } from "./fake-browser.ts";
import { createWorld } from "./tabs.ts";

const task = (id: string): { task_id: string } => ({ task_id: id });

describe("a page that is frozen or stored", () => {
  test("hands over when it leads, and comes back as one of the others", async () => {
    const world = createWorld();
    const [first, second] = await world.openTabs(2);
    first?.link.open("/");
    second?.link.open("/");
    await settled();
    first?.link.suspend();
    expect(first?.opened[0]?.closed).toBe(true);
    expect(first?.link.state.get().status).toBe("suspended");
    await settled();
    expect(second?.opened).toHaveLength(1);
    expect(second?.statuses).toEqual(["connecting", "connected", "reconnecting", "connected"]);

    const waiting = first?.link.request("/", "cancel_task", task("t1"));
    first?.link.resume();
    await settled();
    expect(first?.statuses).toEqual(["connecting", "connected", "suspended", "reconnecting", "connected"]);
    expect(first?.namespaces).toEqual(["/ opening", "/ open", "/ closed", "/ opening", "/ open"]);
    world.leading().requests[0]?.answer({});
    await expect(waiting).resolves.toEqual({});
    expect(first?.opened).toHaveLength(1);
  });

  test("settles its requests: the idempotent ones wait, the others are rejected", async () => {
    const world = createWorld();
    const [, second] = await world.openTabs(2);
    second?.link.open("/");
    await settled();
    const again = second?.link.request("/", "get_task_status", task("t1"), { idempotent: true });
    const once = second?.link.request("/", "cancel_task", task("t1"));
    await settled();
    second?.link.suspend();
    await expect(once).rejects.toMatchObject({ code: "connection_lost" });
    second?.link.resume();
    await settled();
    const { requests } = world.leading();
    expect(requests.map(({ event }) => event)).toEqual(["get_task_status", "cancel_task", "get_task_status"]);
    requests.at(-1)?.answer({});
    await expect(again).resolves.toEqual({});
  });

  test("a leader's sleep is one interruption to the others", async () => {
    const world = createWorld();
    const [first, second] = await world.openTabs(2);
    second?.link.open("/");
    await settled();
    world.leading().sleep();
    await settled();
    first?.link.suspend();
    first?.link.resume();
    await settled();
    expect(second?.statuses).toEqual(["connecting", "connected", "reconnecting", "connected"]);
  });

  test("may be noticed by what listens to the link, in the middle of a change", async () => {
    const world = createWorld();
    const [first, second] = await world.openTabs(2);
    second?.link.open("/");
    await settled();
    const stop = second?.link.onNamespace((_, { status }) => status === "closed" && second.link.suspend());
    first?.platform.kill();
    await settled();
    stop?.();
    const waiting = second?.link.request("/", "cancel_task", task("t1"));
    second?.link.resume();
    await settled();
    world.leading().requests[0]?.answer({});
    await expect(waiting).resolves.toEqual({});
  });
});
