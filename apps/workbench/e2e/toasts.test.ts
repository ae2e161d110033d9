/** When a notification is shown as a toast, and what the toast leaves free. */
import type { Notice } from "@signalbox/protocol";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { type Person, signUp } from "../test/fixture.ts";
import { connected, useVisitors } from "./visitors.ts";

const visitors = useVisitors();

const toastTitles = (page: Page) => page.getByTestId("toast").locator("strong").allTextContents();
const notify = (person: Person, title: string, more: Partial<Notice> = {}) =>
  visitors().workbench.realtime.notify.user(person.userId, { type: "test", title, ...more });
const unreadIs = (page: Page, count: number) =>
  expect
    .poll(() => page.getByTestId("bell").getAttribute("aria-label"))
    .toBe(count === 0 ? "Notifications" : `Notifications, ${count} unread`);

describe("after a load", () => {
  it("a toast that was shown before does not come back, not even one that was never acknowledged", async () => {
    const { workbench, context, openConnected } = visitors();
    const ada = await signUp(workbench.url);
    const page = await openConnected(await context(ada));
    await notify(ada, "Please acknowledge", { requires_ack: true, priority: "critical" });
    await notify(ada, "Behind it", { priority: "high" });
    await expect.poll(() => toastTitles(page)).toEqual(["Behind it", "Please acknowledge"]);
    await page.reload();
    await connected(page);
    await unreadIs(page, 2);
    await notify(ada, "Live");
    await expect.poll(() => toastTitles(page)).toContain("Live");
    expect(await toastTitles(page)).toEqual(["Live"]);
  });

  it("a toast that waited for room, or came while no page was open, is shown", async () => {
    const { workbench, context, openConnected } = visitors();
    const ada = await signUp(workbench.url);
    const profile = await context(ada);
    const first = await openConnected(profile);
    for (const number of [1, 2, 3, 4]) {
      await notify(ada, `Rule ${number}`, { requires_ack: true, priority: "critical" });
    }
    await expect.poll(() => toastTitles(first)).toEqual(["Rule 1", "Rule 2", "Rule 3"]);
    await unreadIs(first, 4);
    await first.close();
    await notify(ada, "Rule 5", { requires_ack: true, priority: "critical" });
    const second = await openConnected(profile);
    await expect.poll(() => toastTitles(second)).toEqual(["Rule 4", "Rule 5"]);
  });
});

/**
 * Marks the controls that are in the window, outside the toasts.
 * @returns how many there are
 */
const markControls = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const controls = [...document.querySelectorAll<HTMLElement>("a, button, summary, label.file-button")].filter(
      (control) => control.checkVisibility() && control.closest(".toasts, .skip-link") === null,
    );
    const inView = controls.filter((control) => {
      const { top, bottom } = control.getBoundingClientRect();
      return top >= 0 && bottom <= window.innerHeight;
    });
    for (const control of inView) control.dataset.wasInView = "";
    return inView.length;
  });

/** The marked controls that are still in the window, but where a click would not reach them. */
const coveredControls = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const covered = [...document.querySelectorAll<HTMLElement>("[data-was-in-view]")].filter((control) => {
      const { left, top, width, height } = control.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      return y > 0 && y < window.innerHeight && !control.contains(document.elementFromPoint(x, y));
    });
    return covered.map(({ outerHTML }) => outerHTML);
  });

describe.each([
  ["a wide window", { width: 1280, height: 800 }],
  ["a phone", { width: 390, height: 700 }],
])("in %s", (_name, viewport) => {
  it.each([
    ["at the top", 0],
    ["scrolled down", 700],
  ])("toasts cover no control that was in view, %s", async (_where, scrolled) => {
    const { workbench, context, openConnected } = visitors();
    const ada = await signUp(workbench.url);
    for (let count = 0; count < 10; count += 1) {
      expect((await ada.start({ steps: 990 + count, step_ms: 10_000 })).status).toBe(201);
    }
    const page = await openConnected(await context(ada, { viewport, reducedMotion: "reduce" }));
    await expect.poll(() => page.getByTestId("task-card").count()).toBe(10);
    await page.evaluate((top) => window.scrollTo(0, top), scrolled);
    expect(await markControls(page)).toBeGreaterThan(3);
    expect(await coveredControls(page)).toEqual([]);
    await notify(ada, "Ready: 12 images", { link: `${workbench.url}/tasks/x`, body: "11 converted, 1 not." });
    await notify(ada, "The disk is nearly full", { priority: "high", body: "5 % are left. ".repeat(40) });
    await notify(ada, "The workbench closes at 22:00", { priority: "critical", body: "Save your work." });
    await expect.poll(() => page.getByTestId("toast").count()).toBe(3);
    expect(await coveredControls(page)).toEqual([]);
  });
});
