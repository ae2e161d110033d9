import type { Browser } from "playwright-core";
import { expect } from "vitest";
import { collectComplaints } from "../../../apps/workbench/e2e/browser.ts";

/** What a reader does who tries the page of an example: signs in, lets a task end, and cancels another. */
export async function walk(browser: Browser, url: string): Promise<void> {
  const page = await browser.newPage();
  const complaints = collectComplaints(page);
  await page.goto(url);
  await page.getByLabel("Name").fill("ada");
  await page.getByRole("button", { name: "Sign in" }).click();
  const start = page.getByRole("button", { name: "Start a practice task" });
  // A task takes two seconds: when the machine stalls for that long, it ends unseen and the reader starts another.
  const seeOne = async (): Promise<boolean> => {
    if (await page.getByText("Sorting").isVisible()) return true;
    if (await start.isEnabled()) await start.click();
    return false;
  };
  await expect.poll(seeOne, { timeout: 60_000 }).toBe(true);
  expect(Number(await page.getByRole("progressbar").getAttribute("value"))).toBeGreaterThan(10);
  await page.getByText("completed").waitFor();
  const cancelOne = async (): Promise<boolean> => {
    if (await page.getByText("cancelled").isVisible()) return true;
    if (await start.isEnabled()) await start.click();
    await page.getByRole("button", { name: "Cancel" }).click({ timeout: 1000 });
    return false;
  };
  await expect.poll(() => cancelOne().catch(() => false), { timeout: 60_000 }).toBe(true);
  expect(complaints).toEqual([]);
  await page.close();
}
