import { describe, expect, test } from "vitest";
import { settled } from "./fake-browser.ts";
import { createWorld } from "./tabs.ts";

const task = (id: string): { task_id: string } => ({ task_id: id });

describe("tasks and rooms", () => {
  test("are joined for each tab, and left with the last", async () => {
    const world = createWorld({ respond: () => ({ from: "server" }) });
    const [, b, c] = await world.openTabs(3);
    b?.link.open("/");
    c?.link.open("/");
    await settled();
    const join = (tab: typeof b): unknown => tab?.link.request("/", "join_task", task("t1"));
    const leave = (tab: typeof b): unknown => tab?.link.request("/", "leave_task", task("t1"));
    expect([await join(b), await join(c)]).toEqual([{ from: "server" }, { from: "server" }]);
    expect(await leave(b)).toEqual({});
    expect(world.leading().joined).toEqual(new Set(["t1"]));
    expect(await leave(c)).toEqual({ from: "server" });
    expect(world.leading().requests.map(({ event }) => event)).toEqual(["join_task", "join_task", "leave_task"]);

    const room = { room_id: "r1" };
    await b?.link.request("/", "join_room", room);
    await c?.link.request("/", "join_room", room);
    expect(await b?.link.request("/", "leave_room", room)).toEqual(room);
    expect(world.leading().joined).toEqual(new Set(["r1"]));
  });

  test("a join that is under way keeps another tab's leave from the server", async () => {
    const world = createWorld();
    const [, b, c] = await world.openTabs(3);
    b?.link.open("/");
    c?.link.open("/");
    await settled();
    void b?.link.request("/", "join_task", task("t1")).catch(() => {});
    void c?.link.request("/", "join_task", task("t1")).catch(() => {});
    await settled();
    expect(await b?.link.request("/", "leave_task", task("t1"))).toEqual({});
  });

  test("a tab that leaves its namespace leaves what it joined there", async () => {
    const world = createWorld({ respond: () => ({}) });
    const [, b, c] = await world.openTabs(3);
    b?.link.open("/");
    c?.link.open("/");
    await settled();
    await b?.link.request("/", "join_task", task("t1"));
    b?.link.leave("/");
    await settled();
    expect(world.leading().joined).toEqual(new Set());
    expect(world.leading().log).not.toContain("leave /");
  });

  test("a leave during an interruption is not kept to undo a later join", async () => {
    const world = createWorld({ respond: () => ({}) });
    const [, b] = await world.openTabs(2);
    b?.link.open("/");
    await settled();
    await b?.link.request("/", "join_task", task("t1"));
    world.leading().drop();
    expect(await b?.link.request("/", "leave_task", task("t1"))).toEqual({});
    expect(world.leading().requests.map(({ event }) => event)).toEqual(["join_task"]);
  });

  test("an interruption ends every membership, also of those who do not come back", async () => {
    const world = createWorld({ respond: () => ({}) });
    const [, b, c] = await world.openTabs(3);
    b?.link.open("/");
    c?.link.open("/");
    await settled();
    await b?.link.request("/", "join_task", task("t1"));
    world.leading().drop();
    world.leading().establish();
    await c?.link.request("/", "join_task", task("t1"));
    await c?.link.request("/", "leave_task", task("t1"));
    expect(world.leading().joined).toEqual(new Set());
  });

  test("a join that was answered after its tab had left is undone", async () => {
    const world = createWorld();
    const [, b] = await world.openTabs(2);
    b?.link.open("/");
    await settled();
    void b?.link.request("/", "join_task", task("t1"), { idempotent: true });
    await settled();
    world.leading().drop();
    void b?.link.request("/", "leave_task", task("t1"));
    await settled();
    world.leading().establish();
    world.leading().joined.add("t1");
    world.leading().requests[0]?.answer({});
    await settled();
    expect(world.leading().joined).toEqual(new Set());
  });
});
