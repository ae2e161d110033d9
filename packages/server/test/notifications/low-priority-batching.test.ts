/**
 * Low-priority notifications are batched where each delivery costs a request, or the client reads slowly, and wait no
 * longer than configured.
 */
import type { NotificationPage } from "@signalbox/protocol";
import { describe, expect, it } from "vitest";
import {
  createLowPriorityBatching,
  type LowPriorityBatching,
  withoutWaiting,
} from "../../src/notifications/low-priority-batching.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";

type Sockets = Parameters<LowPriorityBatching["wait"]>[1];
type Undelivered = Parameters<LowPriorityBatching["wait"]>[2];

const on = (...transports: ("polling" | "websocket")[]): Sockets =>
  transports.map((name) => ({ conn: { transport: { name } } })) as unknown as Sockets;
const notices = (...priorities: string[]): Undelivered =>
  priorities.map((priority) => ({ priority })) as unknown as Undelivered;
const low = (count: number): Undelivered => notices(...Array<string>(count).fill("low"));

function start({ slow = false } = {}) {
  const clock = createFakeClock();
  return { clock, gathered: createLowPriorityBatching({ clock, waitMs: 5000, backpressure: { isSlow: () => slow } }) };
}

describe("low-priority notifications", () => {
  it("wait for a user on polling, and for one who reads slowly", () => {
    expect(start().gathered.wait("ada", on("polling"), low(1))).toBe(true);
    expect(start({ slow: true }).gathered.wait("ada", on("websocket"), low(1))).toBe(true);
  });

  it.each([
    ["one of the sockets is on WebSocket", on("polling", "websocket"), low(1)],
    ["one of them is not low", on("polling"), notices("low", "normal")],
    ["there are none", on("polling"), low(0)],
    ["there are a hundred", on("polling"), low(100)],
  ])("do not wait where %s", (_why, sockets, undelivered) => {
    const { clock, gathered } = start();
    expect(gathered.wait("ada", sockets, undelivered)).toBe(false);
    clock.advance(5000);
    expect(gathered.due()).toEqual([]);
  });

  it("wait up to 99, until the time of the first is over", () => {
    const { clock, gathered } = start();
    expect(gathered.wait("ada", on("polling"), low(1))).toBe(true);
    clock.advance(4999);
    expect(gathered.wait("ada", on("polling"), low(99))).toBe(true);
    expect(gathered.due()).toEqual([]);
    clock.advance(1);
    expect(gathered.due()).toEqual(["ada"]);
    expect(gathered.wait("ada", on("polling"), low(99))).toBe(false);
    expect(gathered.due()).toEqual([]);
    expect(gathered.wait("ada", on("polling"), low(1))).toBe(true);
  });

  it("are no longer due once they were sent with one of higher priority, or their user has disconnected", () => {
    const { clock, gathered } = start();
    for (const user of ["ada", "bob", "eve"]) gathered.wait(user, on("polling"), low(1));
    gathered.wait("ada", on("polling"), notices("low", "high"));
    gathered.forget("bob");
    clock.advance(5000);
    expect(gathered.due()).toEqual(["eve"]);
  });
});

describe("a page that excludes waiting notifications", () => {
  it("ends before the first waiting notification, and does not count waiting ones as unread", () => {
    const page = { notifications: [{ seq: 7 }, { seq: 9 }], latest_seq: 9, unread: 5, read_seq: 3 };
    expect(withoutWaiting(page as unknown as NotificationPage)).toEqual({
      ...{ notifications: [], latest_seq: 6, unread: 3, read_seq: 3 },
    });
  });

  it("is unchanged where no notification waits", () => {
    const page = { notifications: [], latest_seq: 9, unread: 5 };
    expect(withoutWaiting(page as unknown as NotificationPage)).toEqual(page);
  });
});
