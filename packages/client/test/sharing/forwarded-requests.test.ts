import { refusals } from "@signalbox/protocol";
import { describe, expect, test } from "vitest";
import { RequestError } from "../../src/link.ts";
import { settled } from "./fake-browser.ts";
import { createWorld, outcomeOf } from "./tabs.ts";

const task = (id: string): { task_id: string } => ({ task_id: id });

describe("requests", () => {
  test("are made by the leader, with their options and the time that is left", async () => {
    const world = createWorld();
    const [, follower] = await world.openTabs(2);
    follower?.link.open("/");
    await settled();
    const answer = follower?.link.request("/", "get_task_status", task("t1"), { timeoutMs: 5000, idempotent: true });
    await settled();
    const [request] = world.leading().requests;
    expect(request).toMatchObject({
      namespace: "/",
      event: "get_task_status",
      payload: task("t1"),
      options: { timeoutMs: 5000, idempotent: true },
    });
    request?.answer({ task: { task_id: "t1" } });
    await expect(answer).resolves.toEqual({ task: { task_id: "t1" } });
  });

  test("are refused in the server's words", async () => {
    const world = createWorld();
    const [, follower] = await world.openTabs(2);
    follower?.link.open("/");
    await settled();
    const answer = follower?.link.request("/", "cancel_task", task("t1"));
    await settled();
    const { category, message } = refusals.task_not_found;
    const refusal = { code: "task_not_found", category, message } as const;
    world.leading().requests[0]?.refuse(new RequestError("task_not_found", message, refusal));
    const error = await answer?.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ code: "task_not_found", message, refusal });
  });

  test("time out at the tab, whatever the leader does", async () => {
    const world = createWorld();
    const [leader, follower] = await world.openTabs(2);
    follower?.link.open("/");
    await settled();
    if (leader) leader.platform.paused = true;
    const outcome = outcomeOf(
      follower?.link.request("/", "cancel_task", task("t1"), { timeoutMs: 7000 }) ?? Promise.reject(),
    );
    for (let second = 0; second < 6; second += 1) {
      world.environment.advance(1000);
      await settled();
    }
    expect(outcome.value).toBe("pending");
    world.environment.advance(1000);
    await settled();
    expect(outcome.value).toBe("timed_out");
    expect(follower?.namespaces, "a silent leader leads as long as it has the lock").toEqual(["/ opening", "/ open"]);
  });

  test("of a namespace that is not open are rejected at once", async () => {
    const world = createWorld();
    const [, follower] = await world.openTabs(2);
    await expect(follower?.link.request("/", "cancel_task", task("t1"))).rejects.toMatchObject({ code: "closed" });
    follower?.link.open("/");
    const waiting = follower?.link.request("/", "cancel_task", task("t1"));
    follower?.link.leave("/");
    await expect(waiting).rejects.toMatchObject({ code: "closed" });
  });

  test("to join a task are not kept for the next opening, which joins by itself", async () => {
    const world = createWorld();
    const [, follower] = await world.openTabs(2);
    follower?.link.open("/");
    await settled();
    world.leading().drop();
    // The request is on its way to the leader while the message about the lost connection is on its way here.
    const join = follower?.link.request("/", "join_task", task("t1"));
    await expect(join).rejects.toMatchObject({ code: "connection_lost" });
    world.leading().establish();
    await settled();
    expect(world.leading().requests).toEqual([]);
  });

  test("carry what JSON can carry, also where the channel cannot", async () => {
    const world = createWorld();
    const [, follower] = await world.openTabs(2);
    follower?.link.open("/");
    await settled();
    const proxied = { task_id: "t1", toJSON: () => task("t1") };
    void follower?.link.request("/", "get_task_status", proxied).catch(() => {});
    await settled();
    expect(world.leading().requests[0]?.payload).toEqual(task("t1"));

    const circular: Record<string, unknown> = { run() {} };
    circular.self = circular;
    await expect(follower?.link.request("/", "cancel_task", circular)).rejects.toMatchObject({
      code: "payload_invalid",
    });
  });
});
