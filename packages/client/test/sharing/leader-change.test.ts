import { describe, expect, test } from "vitest";
import { settled } from "./fake-browser.ts";
import { createWorld, outcomeOf } from "./tabs.ts";

const task = (id: string): { task_id: string } => ({ task_id: id });

describe("a change of leaders", () => {
  test("is an interruption to every tab: namespaces close and open, the state passes through reconnecting", async () => {
    const world = createWorld();
    const [first, second, third] = await world.openTabs(3);
    for (const tab of [first, second, third]) tab?.link.open("/");
    await settled();
    first?.platform.kill();
    await settled();

    expect([second?.opened.length, third?.opened.length]).toEqual([1, 0]);
    for (const tab of [second, third]) {
      expect(tab?.statuses).toEqual(["connecting", "connected", "reconnecting", "connected"]);
      expect(tab?.namespaces).toEqual(["/ opening", "/ open", "/ closed", "/ opening", "/ open"]);
    }
    world.leading().emit("/", "progress_update");
    await settled();
    expect([second?.events, third?.events]).toEqual([["/ progress_update"], ["/ progress_update"]]);
  });

  test("settles requests: idempotent ones are sent again until their deadline, others are rejected", async () => {
    const world = createWorld();
    const [first, , third] = await world.openTabs(3);
    third?.link.open("/");
    await settled();
    const options = { timeoutMs: 8000, idempotent: true };
    const again = third?.link.request("/", "get_task_status", task("t1"), options) ?? Promise.reject();
    const expired = outcomeOf(third?.link.request("/", "get_task_status", task("t2"), options) ?? Promise.reject());
    const once = third?.link.request("/", "cancel_task", task("t1"));
    await settled();
    world.environment.advance(1500);
    first?.platform.kill();

    await expect(once).rejects.toMatchObject({ code: "connection_lost" });
    await settled();
    const { requests } = world.leading();
    expect(requests.map(({ event, options }) => [event, options.timeoutMs])).toEqual([
      ["get_task_status", 6500],
      ["get_task_status", 6500],
    ]);
    requests[0]?.answer({ task: null });
    await expect(again).resolves.toEqual({ task: null });
    world.environment.advance(6500);
    await settled();
    expect(expired.value).toBe("timed_out");
  });

  test("sends requests that were made before there was a leader", async () => {
    const world = createWorld({ respond: () => ({}) });
    const tab = world.openTab();
    tab.link.open("/");
    const early = tab.link.request("/", "cancel_task", task("t1"));
    await expect(early).resolves.toEqual({});
  });

  test("does not take the end of the old leader's connection for the new leader's answer", async () => {
    const world = createWorld();
    const [first, second] = await world.openTabs(2);
    second?.link.open("/");
    await settled();
    const outcome = outcomeOf(
      second?.link.request("/", "get_task_status", task("t1"), { idempotent: true }) ?? Promise.reject(),
    );
    await settled();
    const old = world.leading();
    first?.link.close();
    expect(old.closed).toBe(true);
    await settled();
    expect(outcome.value, "the old connection's end is no answer").toBe("pending");
    world.leading().requests[0]?.answer({});
    await settled();
    expect(outcome.value).toEqual({});
  });

  test("keeps the reason of an interruption until the new leader is connected", async () => {
    const world = createWorld({ opensAtOnce: false });
    const [first, second] = await world.openTabs(2);
    second?.link.open("/");
    await settled();
    world.leading().establish();
    await settled();
    first?.platform.kill();
    await settled();
    expect(second?.link.state.get()).toMatchObject({ status: "reconnecting", code: "connection_lost" });
    world.leading().establish();
    await settled();
    expect(second?.link.state.get().status).toBe("connected");
  });
});
