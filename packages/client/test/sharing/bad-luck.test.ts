import { describe, expect, test, vi } from "vitest";
import { canShare } from "../../src/sharing/shared-link.ts";
import { settled } from "./fake-browser.ts";
import { createWorld } from "./tabs.ts";

describe("sharing with malformed messages and lost locks", () => {
  const malformed: unknown[] = [
    null,
    "lead",
    { type: "constructor" },
    { type: "lead" },
    { type: "lead", term: 1 },
    { type: "lead", term: "x", to: 5 },
    { type: "state", term: "x", state: { status: "splendid", reason: "", diagnosis: null } },
    { type: "state", term: "x", state: { status: "connected", reason: "", diagnosis: { code: "evil", message: "" } } },
    { type: "namespace", term: "x", namespace: "/", state: null },
    { type: "event", term: "x", namespace: "/" },
    { type: "answer", term: "x", id: 1, answer: null },
    { type: "failure", term: "x", id: 1, code: "closed", message: "", refusal: { code: "evil" } },
    { type: "hello", term: "x", from: "y", wants: "/" },
    { type: "hello", term: "x", from: "y", wants: [7] },
    { type: "request", term: "x", from: "y", id: 1, namespace: "/", event: "e", payload: null, timeoutMs: 1 },
  ];

  test.each(malformed)("a message that has not the form of one is dropped and reported: %j", async (message) => {
    const world = createWorld();
    const [first, second] = await world.openTabs(2);
    second?.link.open("/");
    await settled();
    const [name = ""] = world.browser.channelNames;
    world.browser.openTab().openChannel(name).postMessage(message);
    await settled();
    for (const tab of [first, second]) expect(tab?.problems.map(({ kind }) => kind)).toEqual(["malformed_message"]);
    expect(second?.namespaces).toEqual(["/ opening", "/ open"]);
    expect(world.leading().requests).toEqual([]);
  });

  test("messages of another term, and to another tab, change nothing", async () => {
    const world = createWorld();
    const [, second] = await world.openTabs(2);
    second?.link.open("/");
    await settled();
    const [name = ""] = world.browser.channelNames;
    const stranger = world.browser.openTab().openChannel(name);
    stranger.postMessage({ type: "event", term: "old", to: undefined, namespace: "/", event: "late", payload: {} });
    stranger.postMessage({ type: "lead", term: "other", to: "somebody else" });
    stranger.postMessage({ type: "retry", term: "old", from: "somebody else" });
    await settled();
    expect(second?.events).toEqual([]);
    expect(second?.namespaces).toEqual(["/ opening", "/ open"]);
    expect(world.leading().log).toEqual(["open /"]);
  });

  test("a tab whose lock is stolen goes on with a connection of its own", async () => {
    const world = createWorld();
    const [first, second] = await world.openTabs(2);
    first?.link.open("/");
    second?.link.open("/");
    await settled();
    const leaderLock = world.browser.held().find((name) => name.split(":").length === 3) ?? "";
    world.browser.steal(leaderLock);
    await settled();
    expect(first?.problems.map(({ kind }) => kind)).toEqual(["internal"]);
    expect(first?.opened).toHaveLength(2);
    expect(second?.opened).toHaveLength(1);
    for (const tab of [first, second]) {
      expect(tab?.link.state.get().status).toBe("connected");
      expect(tab?.link.namespaceState("/").status).toBe("open");
    }
    first?.link.close();
    second?.link.close();
    await settled();
    expect([world.live(), world.browser.held()]).toEqual([[], []]);
  });

  test("a tab that loses all its locks opens one connection, not two", async () => {
    const world = createWorld();
    const [first] = await world.openTabs(1);
    first?.link.open("/");
    await settled();
    for (const name of world.browser.held()) world.browser.steal(name);
    await settled();
    expect(world.leading().log).toEqual(["open /"]);
    expect(first?.link.namespaceState("/").status).toBe("open");
  });

  test("a tab that still waits for its own lock sends nothing, because the leader would take it for dead", async () => {
    const world = createWorld();
    const [first, second] = await world.openTabs(2);
    second?.link.open("/");
    const platform = world.browser.openTab();
    platform.lockless = true;
    const late = world.openTab("ada", platform);
    late.link.open("/");
    await settled();
    first?.platform.kill();
    await settled();
    expect(late.namespaces).toEqual(["/ opening"]);
    platform.lockless = false;
    await settled();
    expect(late.namespaces).toEqual(["/ opening", "/ open"]);
    second?.link.leave("/");
    await settled();
    expect(world.leading().log).toEqual(["open /"]);
  });

  test("a listener that throws does not stop the others", async () => {
    const world = createWorld();
    const [, second] = await world.openTabs(2);
    const heard = vi.fn();
    second?.link.onEvent(() => {
      throw new Error("mine");
    });
    second?.link.onEvent(heard);
    second?.link.open("/");
    await settled();
    world.leading().emit("/", "progress_update");
    await settled();
    expect(heard).toHaveBeenCalledOnce();
    expect(second?.problems).toMatchObject([{ kind: "listener_failed" }]);
  });

  test("nothing is shared where there is no page", () => {
    expect(canShare()).toBe(false);
  });
});
