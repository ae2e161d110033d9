/** What a test does on the dashboard, as an administrator without a mouse. */
import { connectClient, type TestClient } from "@signalbox/server/testing";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from "vitest";
import { launchChromium } from "../../../scripts/services/chromium.ts";
import { administrator, type Person, type RunningWorkbench, runWorkbench, signUp } from "../test/fixture.ts";
import { collectComplaints, goToPanel, openDashboard } from "./browser.ts";

export interface Dashboard {
  readonly workbench: RunningWorkbench;
  readonly browser: Browser;
  readonly page: Page;
  /** What the browser's console has said against the page. */
  readonly complaints: readonly string[];
}

/** A dashboard for all tests of a file, opened anew for each of them. */
export function useDashboard(environment: Record<string, string> = {}): () => Dashboard {
  let dashboard: Dashboard;
  beforeAll(async () => {
    const workbench = await runWorkbench({ SIGNALBOX_SECURITY_FOLD: "1", ...environment });
    const browser = await launchChromium();
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    dashboard = { workbench, browser, page, complaints: collectComplaints(page) };
    await openDashboard(page, workbench.url, administrator);
  });
  beforeEach(async () => {
    await dashboard.page.goto(`${dashboard.workbench.url}/admin`);
    await dashboard.page.locator("[data-testid=admin-feed][data-state=live]").waitFor();
  });
  afterAll(async () => {
    await dashboard?.browser.close();
    await dashboard?.workbench.remove();
  });
  return () => dashboard;
}

/** A new user, connected until the test is over, and known by name to the page, which is loaded anew. */
export async function enterBefore(dashboard: Dashboard, name: string): ReturnType<typeof enter> {
  const entered = await enter(dashboard, name);
  await dashboard.page.reload();
  return entered;
}

/** A new user, connected until the test is over. */
export async function enter({ workbench }: Dashboard, name: string): Promise<{ person: Person; client: TestClient }> {
  const person = await signUp(workbench.url, name);
  const client = await connectClient(workbench.url, { cookie: person.cookie });
  onTestFinished(() => client.close());
  return { person, client };
}

/** Answers the question that is asked. */
export async function answer({ page }: Dashboard, reason: string, duration?: string): Promise<void> {
  const dialog = page.getByTestId("confirm-dialog");
  await dialog.waitFor();
  if (duration !== undefined) await dialog.getByLabel("For").selectOption({ label: duration });
  await dialog.locator("[name=reason]").focus();
  await page.keyboard.type(reason);
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
}

/** Opens the details of a row, and presses what is offered there. */
export async function act({ page }: Dashboard, row: Locator, action: string): Promise<void> {
  await row.getByRole("button", { name: /^Details/ }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByTestId("details-dialog");
  await dialog.waitFor();
  await dialog.getByTestId(action).focus();
  await page.keyboard.press("Enter");
}

/** Looks for what the log says of an action: who asked for what, and why. */
export async function expectAudited({ page }: Dashboard, reason: string): Promise<void> {
  await goToPanel(page, "Security log");
  const line = page.getByTestId("security-event").filter({ hasText: reason });
  await line.waitFor();
  expect(await line.textContent()).toMatch(/admin action.*Administrator/);
}

/** The element with the focus; null when no element has it, and a keyboard would begin anew at the page's start. */
export const focusedTestId = ({ page }: Dashboard): Promise<string | null> =>
  page.evaluate(() => {
    const { activeElement } = document;
    return activeElement === document.body ? null : (activeElement?.getAttribute("data-testid") ?? "");
  });
