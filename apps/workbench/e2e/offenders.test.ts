/** What an administrator sees of offenders and can do about them, and how a page shows the texts that they write. */
import { refusalOf } from "@signalbox/server/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../../../scripts/services/chromium.ts";
import { administrator, makeImage, type Person, type RunningWorkbench, runWorkbench, signUp } from "../test/fixture.ts";
import { goToPanel, openDashboard, sidewaysScroll, violationsOn } from "./browser.ts";

let workbench: RunningWorkbench;
let browser: Browser;
let mallory: Person;
let page: Page;

const markup = `<img src=x onerror="window.owned=true"><a href="javascript:window.owned=true">click</a>`;

const knockAs = (person: Person) => async () =>
  (await refusalOf(workbench.url, { cookie: person.cookie, namespace: "/admin" })).code;

beforeAll(async () => {
  workbench = await runWorkbench();
  browser = await launchChromium();
  mallory = await signUp(workbench.url, markup);
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await openDashboard(page, workbench.url, administrator);
});
afterAll(async () => {
  await browser?.close();
  await workbench?.remove();
});

it("a block appears when a user goes on offending, and an administrator lifts it by keyboard after a question", async () => {
  const knock = knockAs(mallory);
  await goToPanel(page, "Blocks");
  expect(await page.getByTestId("admin-blocks").count()).toBe(0);
  while ((await knock()) === "forbidden");
  const row = page.locator(`[data-block-id="${mallory.userId}"]`);
  await row.waitFor();
  await row.getByTestId("lift-block").focus();
  await page.keyboard.press("Enter");
  await page.getByTestId("confirm-dialog").waitFor();
  await page.getByTestId("confirm-accept").focus();
  await page.keyboard.press("Enter");
  await row.waitFor({ state: "detached" });
  await goToPanel(page, "Security log");
  for (const type of ["blocked", "admin_action"]) {
    await page.locator(`[data-testid=security-event][data-type=${type}]`).first().waitFor();
  }
  expect(await knock()).toBe("forbidden");
});

it("what a page may not run is not run, and is reported to the security log", async () => {
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.owned = true";
    document.head.append(script);
  });
  const line = page.locator("[data-testid=security-event][data-type=csp_violation]").first();
  await line.waitFor();
  expect(await line.textContent()).toMatch(/script-src.* of inline, on http:.*\/admin/);
  expect(await page.evaluate(() => "owned" in window)).toBe(false);
});

it("what people write is shown as it was written, and makes no element and no link", async () => {
  const file = await makeImage("<img src=x onerror=window.owned=true>.png", 64, 48);
  expect((await mallory.start([file])).ok).toBe(true);
  await goToPanel(page, "Tasks");
  await page.getByTestId("admin-task").filter({ hasText: file.name }).waitFor();
  expect(await page.locator("img[src=x], a[href^='javascript:' i]").count()).toBe(0);
  await goToPanel(page, "Security log");
  const headers = { origin: `https://evil.test/${markup}`, "user-agent": markup };
  await fetch(`${workbench.url}/realtime/client-config`, { headers });
  await page.locator("[data-testid=security-event][data-type=origin_refused]").first().waitFor();
  await page.waitForFunction((text) => document.body.textContent?.includes(text), "<img src=x onerror=");
  expect(await page.locator("img[src=x], a[href^='javascript:' i]").count()).toBe(0);
  expect(await page.evaluate(() => "owned" in window)).toBe(false);
});

it("is usable with blocks in it, in light, dark and on a phone", async () => {
  const knock = knockAs(await signUp(workbench.url));
  while ((await knock()) === "forbidden");
  await goToPanel(page, "Blocks");
  await page.getByTestId("admin-blocks").waitFor();
  for (const [colorScheme, width] of [
    ["light", 1280],
    ["dark", 1280],
    ["light", 390],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    // Colours that are still changing have a contrast of their own.
    await expect.poll(() => violationsOn(page), { timeout: 5000, message: `${colorScheme}, ${width}` }).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
  }
});
