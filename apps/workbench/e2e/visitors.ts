import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { launchChromium } from "../../../scripts/services/chromium.ts";
import { type Person, type RunningWorkbench, runWorkbench } from "../test/fixture.ts";
import { becomePerson } from "./browser.ts";

type ContextOptions = Parameters<Browser["newContext"]>[0];

export interface Visitors {
  readonly workbench: RunningWorkbench;
  /** A browser profile of its own, signed in as this person. Without one it is signed out. */
  context(person?: Person, options?: ContextOptions): Promise<BrowserContext>;
  /** Opens a page in a profile and waits until its connection is open. */
  openConnected(context: BrowserContext, path?: string): Promise<Page>;
}

/** A workbench and a browser for all tests of a file. Profiles are closed after each test. */
export function useVisitors(environment: Record<string, string> = {}, launch = launchChromium): () => Visitors {
  const contexts: BrowserContext[] = [];
  let browser: Browser;
  let visitors: Visitors;
  beforeAll(async () => {
    const workbench = await runWorkbench(environment);
    browser = await launch();
    visitors = {
      workbench,
      async context(person, options = {}) {
        const context = await browser.newContext({ viewport: { width: 1100, height: 760 }, ...options });
        contexts.push(context);
        if (person) await becomePerson(context, person, workbench.url);
        return context;
      },
      async openConnected(context, path = "/") {
        const page = await context.newPage();
        await page.goto(workbench.url + path);
        await connected(page);
        return page;
      },
    };
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await visitors?.workbench.remove();
  });
  return () => visitors;
}

export const connected = (page: Page): Promise<void> =>
  page.locator("[data-testid=connection-status][data-state=connected]").waitFor();
