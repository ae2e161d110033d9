import { describe, expect, test } from "vitest";
import { diagnose } from "../../src/diagnosis.ts";
import { settled } from "./fake-browser.ts";
import { createWorld } from "./tabs.ts";

describe("one connection", () => {
  test("one tab of a group leads, and it alone opens a connection", async () => {
    const world = createWorld();
    const tabs = await world.openTabs(3);
    for (const { link } of tabs) link.open("/");
    await settled();

    expect(tabs.map(({ opened }) => opened.length)).toEqual([1, 0, 0]);
    for (const { link } of tabs) {
      expect(link.state.get()).toEqual(world.leading().state.get());
      expect(link.state.get().status).toBe("connected");
      expect(link.namespaceState("/")).toEqual({ status: "open", diagnosis: null });
    }
    expect(world.leading().log).toEqual(["open /"]);
  });

  test("tabs of different groups share neither a connection nor a channel", async () => {
    const world = createWorld();
    const ada = world.openTab("ada");
    const bob = world.openTab("bob");
    await settled();
    ada.link.open("/");
    bob.link.open("/");
    await settled();
    expect([ada.opened.length, bob.opened.length]).toEqual([1, 1]);
    expect(world.browser.channelNames.size).toBe(2);

    ada.opened[0]?.emit("/", "progress_update");
    await settled();
    expect([ada.events, bob.events]).toEqual([["/ progress_update"], []]);
  });

  test("a tab that opens later mirrors the current state, and receives connection_established", async () => {
    const world = createWorld();
    const [first] = await world.openTabs(1);
    first?.link.open("/");
    await settled();
    world.leading().emit("/", "connection_established", { user_id: "ada" });

    const late = world.openTab();
    const states: unknown[] = [];
    late.link.state.subscribe((state) => states.push(state));
    late.link.open("/");
    await settled();
    expect(late.statuses).toEqual(["connecting", "connected"]);
    expect(late.namespaces).toEqual(["/ opening", "/ open"]);
    expect(late.events).toEqual(["/ connection_established"]);
    expect(first?.events).toEqual(["/ connection_established"]);
    expect(states.at(-1)).toEqual(world.leading().state.get());
  });

  test("the state can be iterated over, and ends when the link is closed", async () => {
    const world = createWorld();
    const [, follower] = await world.openTabs(2);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { status } of follower?.link.state ?? []) seen.push(status);
    })();
    follower?.link.open("/");
    await settled();
    follower?.link.close();
    await reading;
    expect(seen[0]).toBe("idle");
    expect(seen.at(-1)).toBe("closed");
    expect(seen).toContain("connected");
  });

  test("a namespace is open as long as any tab wants it", async () => {
    const world = createWorld();
    const [a, b, c] = await world.openTabs(3);
    a?.link.open("/");
    b?.link.open("/");
    c?.link.open("/admin");
    await settled();
    expect(world.leading().log).toEqual(["open /", "open /admin"]);

    a?.link.leave("/");
    await settled();
    expect(world.leading().log).toEqual(["open /", "open /admin"]);
    expect(a?.link.namespaceState("/").status).toBe("closed");
    expect(b?.link.namespaceState("/").status).toBe("open");

    b?.link.leave("/");
    await settled();
    expect(world.leading().log.at(-1)).toBe("leave /");
  });

  test("events go to the tabs that opened the namespace, and to no others", async () => {
    const world = createWorld();
    const [a, b, c] = await world.openTabs(3);
    a?.link.open("/");
    b?.link.open("/admin");
    c?.link.open("/admin");
    await settled();
    world.leading().emit("/admin", "admin_alert");
    world.leading().emit("/", "progress_update");
    await settled();
    expect([a?.events, b?.events, c?.events]).toEqual([
      ["/ progress_update"],
      ["/admin admin_alert"],
      ["/admin admin_alert"],
    ]);
  });

  test("a lone tab copies nothing to the channel", async () => {
    const world = createWorld();
    const [a] = await world.openTabs(1);
    a?.link.open("/");
    await settled();
    const before = world.browser.posted.length;
    world.leading().emit("/", "progress_update");
    await settled();
    expect(a?.events).toEqual(["/ progress_update"]);
    expect(world.browser.posted.length).toBe(before);
  });

  test("interruptions and refusals of the real connection are seen by every tab", async () => {
    const world = createWorld();
    const [, follower] = await world.openTabs(2);
    follower?.link.open("/");
    await settled();
    world.leading().drop();
    await settled();
    expect(follower?.link.state.get()).toMatchObject({ status: "reconnecting", code: "connection_lost" });
    world.leading().establish();
    world.leading().refuse("/", diagnose("forbidden"));
    await settled();
    expect(follower?.namespaces).toEqual(["/ opening", "/ open", "/ opening", "/ open", "/ refused"]);
    expect(follower?.link.namespaceState("/").diagnosis).toEqual(diagnose("forbidden"));
  });

  test("retry and sessionChanged reach the real connection, also when there was none yet", async () => {
    const world = createWorld();
    const [, follower] = await world.openTabs(2);
    follower?.link.retry();
    follower?.link.sessionChanged();
    await settled();
    expect(world.leading().log).toEqual(["retry", "session_changed"]);

    const alone = createWorld();
    const early = alone.openTab();
    early.link.sessionChanged();
    await settled();
    expect(alone.leading().log).toEqual(["session_changed"]);
  });
});
