/** Notifications as people meet them: the bell, the list, toasts, in several tabs, by keyboard, on a phone. */
import type { Notice } from "@signalbox/protocol";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../../scripts/services/chromium.ts";
import { type Person, type RunningWorkbench, runWorkbench, signUp } from "../test/fixture.ts";
import { becomePerson, collectComplaints, imageFiles, picture, sidewaysScroll, violationsOn } from "./browser.ts";

let workbench: RunningWorkbench;
let browser: Browser;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  workbench = await runWorkbench();
  browser = await launchChromium();
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});
afterAll(async () => {
  await browser?.close();
  await workbench?.remove();
});

type ContextOptions = Parameters<Browser["newContext"]>[0];

/** A browser in which this person is signed in. */
async function browserOf(person: Person, options: ContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 760 }, ...options });
  contexts.push(context);
  await becomePerson(context, person, workbench.url);
  return context;
}

async function openTab(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(workbench.url);
  await page.locator("[data-testid=connection-status][data-state=connected]").waitFor();
  return page;
}

const openAs = async (person: Person, options?: ContextOptions): Promise<Page> =>
  openTab(await browserOf(person, options));

const notify = (person: Person, title: string, more: Partial<Notice> = {}) =>
  workbench.realtime.notify.user(person.userId, { type: "test", title, ...more });

const bell = (page: Page) => page.getByTestId("bell");
const unreadIs = (page: Page, count: number, timeout = 2000) =>
  expect
    .poll(() => bell(page).getAttribute("aria-label"), { timeout })
    .toBe(count === 0 ? "Notifications" : `Notifications, ${count} unread`);
const toast = (page: Page, title: string) => page.getByTestId("toast").filter({ hasText: title });

describe("the bell", () => {
  it("counts alike in two tabs within two seconds, and a look at the list is reading in both", async () => {
    const ada = await signUp(workbench.url);
    const context = await browserOf(ada);
    const [first, second] = [await openTab(context), await openTab(context)];
    const complaints = collectComplaints(first);
    await notify(ada, "One");
    await notify(ada, "<b>Two</b>");
    await Promise.all([unreadIs(first, 2), unreadIs(second, 2)]);
    await bell(first).click();
    await Promise.all([unreadIs(first, 0), unreadIs(second, 0)]);
    const titles = first.getByTestId("notification").locator("strong");
    expect(await titles.allTextContents()).toEqual(["<b>Two</b>", "One"]);
    expect(await first.getByTestId("notification").locator("b").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("counts on return what happened while no page was open, and leads to a batch that is ready", async () => {
    const ada = await signUp(workbench.url);
    const context = await browserOf(ada);
    const page = await openTab(context);
    await page.getByTestId("file-input").setInputFiles(await imageFiles(1));
    await page.locator("[data-testid=task-card]").first().waitFor();
    await page.close();
    const noticesOf = async () => (await (await ada.fetch("/realtime/notifications?after=0")).json()) as object;
    await expect.poll(noticesOf, { timeout: 15_000 }).toMatchObject({ unread: 1 });
    const back = await openTab(context);
    await unreadIs(back, 1, 5000);
    await bell(back).click();
    await back.getByRole("link", { name: /^Open: Ready/ }).click();
    await expect.poll(() => back.url()).toMatch(/\/tasks\/[\w-]+$/);
    await expect.poll(() => back.getByTestId("notifications").count()).toBe(0);
  });

  it("is used by keyboard alone; what needs a person is acknowledged, the oldest first", async () => {
    const ada = await signUp(workbench.url);
    await notify(ada, "First rule", { requires_ack: true, priority: "high" });
    await notify(ada, "Second rule", { requires_ack: true, priority: "high" });
    const page = await openAs(ada);
    await unreadIs(page, 2, 5000);
    await bell(page).focus();
    await page.keyboard.press("Enter");
    const acknowledge = page.getByRole("button", { name: "Acknowledge" });
    for (const title of ["First rule", "Second rule"]) {
      await page.getByTestId("notification").filter({ hasText: title, has: acknowledge }).waitFor();
      expect(await acknowledge.count()).toBe(1);
      await acknowledge.focus();
      await page.keyboard.press("Enter");
    }
    await unreadIs(page, 0);
    await page.keyboard.press("Escape");
    expect(await page.getByTestId("notifications").count()).toBe(0);
    expect(await bell(page).evaluate((button) => button === document.activeElement)).toBe(true);
  });
});

describe("toasts", () => {
  it("come by priority: low never, critical until it is dismissed, and none takes the focus", async () => {
    const ada = await signUp(workbench.url);
    const page = await openAs(ada, { reducedMotion: "reduce" });
    await page.getByRole("link", { name: "My tasks" }).focus();
    await notify(ada, "Whenever", { priority: "low" });
    await notify(ada, "In passing");
    await notify(ada, "At once", { priority: "critical", link: "https://status.example/incident" });
    await toast(page, "At once").waitFor();
    await toast(page, "In passing").waitFor();
    expect(await toast(page, "Whenever").count()).toBe(0);
    expect(await page.getByRole("alert").filter({ hasText: "At once" }).count()).toBe(1);
    expect(await toast(page, "At once").evaluate((card) => getComputedStyle(card).animationName)).toBe("none");
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    expect(await focused()).toBe("My tasks");
    const link = toast(page, "At once").getByRole("link");
    expect(await link.getAttribute("rel")).toBe("noopener noreferrer");
    await expect.poll(() => toast(page, "In passing").count()).toBe(0);
    expect(await toast(page, "At once").count()).toBe(1);
    await page.getByRole("button", { name: "Dismiss: At once" }).focus();
    await page.keyboard.press("Escape");
    expect(await toast(page, "At once").count()).toBe(0);
  });

  it("stay while the pointer is on them, and are three at the most", async () => {
    const ada = await signUp(workbench.url);
    const page = await openAs(ada);
    for (const number of [1, 2, 3, 4]) await notify(ada, `Note ${number}`);
    await toast(page, "Note 3").waitFor();
    expect(await page.getByTestId("toast").count()).toBe(3);
    await toast(page, "Note 2").hover();
    await page.waitForTimeout(7000);
    expect(await page.getByTestId("toast").count()).toBe(3);
    await page.getByRole("button", { name: "Dismiss: Note 1" }).click();
    await toast(page, "Note 4").waitFor();
  });
});

describe.each([
  ["light", { colorScheme: "light" as const }],
  ["dark", { colorScheme: "dark" as const }],
  ["phone", { colorScheme: "light" as const, viewport: { width: 390, height: 844 } }],
])("in %s", (name, options) => {
  it("the list and the toasts are for everybody, and nothing is wider than the window", async () => {
    const ada = await signUp(workbench.url);
    const page = await openAs(ada, { ...options, reducedMotion: "reduce" });
    await bell(page).click();
    await page.getByText("Nothing yet").waitFor();
    expect(await violationsOn(page)).toEqual([]);
    await notify(ada, "Ready: 12 images", {
      body: "11 converted, 1 could not be read.",
      link: `${workbench.url}/tasks/x`,
    });
    await notify(ada, "Signed in on a new device", { priority: "high", body: "If that was not you, say so." });
    await notify(ada, "The workbench closes at 22:00", { priority: "critical", requires_ack: true });
    await toast(page, "closes at 22:00").waitFor();
    await page.getByRole("button", { name: "Acknowledge" }).waitFor();
    expect(await violationsOn(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    await picture(page, `notifications-${name}`);
  });
});
