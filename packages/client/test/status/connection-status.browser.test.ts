/** `<connection-status>` in a real Chromium, under a strict Content Security Policy, fed by hand. */
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../../../scripts/services/chromium.ts";
import { type ConnectionState, type ConnectionStatus, nextState } from "../../src/connection-state.ts";
import { diagnose, diagnoses } from "../../src/diagnosis.ts";
import { hints } from "../../src/hints.ts";
import { de } from "../../src/status/texts/de.ts";
import { en } from "../../src/status/texts/en.ts";
import { bundle, type Site, serve } from "./harness.ts";
import type { Control } from "./page.ts";
import { after, failed, statesOf } from "./states.ts";

declare const control: Control;

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const start = Date.UTC(2026, 0, 1, 12);
/** States that have lasted, and are shown at once. */
const lasting = statesOf(start - 60_000);
const statuses = Object.keys(lasting) as ConnectionStatus[];

let browser: Browser;
let site: Site;
const contexts: BrowserContext[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  [site, browser] = await Promise.all([bundle("page.ts").then(serve), launchChromium()]);
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
  expect(complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 720, height: 480 },
    reducedMotion: "reduce",
    timezoneId: "UTC",
    ...options,
  });
  contexts.push(context);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  // Time stands still until a test moves it.
  await page.clock.install({ time: start });
  await page.clock.pauseAt(start + 1000);
  await page.goto(site.url);
  await page.waitForFunction(() => "control" in globalThis);
  return page;
}

/** The page's own time, which every state is made with. */
const now = (page: Page): Promise<number> => page.evaluate(() => Date.now());

const feed = (page: Page, state: ConnectionState): Promise<void> => page.evaluate((next) => control.feed(next), state);

const part = (page: Page, name: string): Locator => page.locator(`connection-status [part~="${name}"]`);

const textOf = async (page: Page, name: string): Promise<string> => (await part(page, name).textContent()) ?? "";

const live = (page: Page): Promise<string> => textOf(page, "text");

describe.each(["light", "dark"] as const)("in %s colours", (colorScheme) => {
  async function violations(page: Page): Promise<string[]> {
    const results = (await page.evaluate("axe.run()")) as AxeResults;
    return results.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.failureSummary}`));
  }

  async function openForAxe(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await open({ colorScheme, ...options });
    await page.evaluate(axe);
    await page.clock.resume();
    return page;
  }

  it("every state is accessible", async () => {
    const page = await openForAxe();
    for (const status of statuses) {
      await feed(page, lasting[status]);
      await part(page, "headline").filter({ hasText: en.headlines[status] }).waitFor();
      expect(await violations(page), status).toEqual([]);
    }
  });

  it("the details are accessible, on a phone too", async () => {
    const page = await openForAxe({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
    await page.evaluate(() => {
      control.element.debug = true;
    });
    await feed(page, lasting.reconnecting);
    await part(page, "summary").click();
    expect(await violations(page)).toEqual([]);
  });

  it.runIf(process.env.UPDATE_SCREENSHOTS === "1")(
    "has its pictures taken",
    async () => {
      const folder = fileURLToPath(new URL("../../../../docs/images/status/", import.meta.url));
      await mkdir(folder, { recursive: true });
      const wide = await open({ colorScheme, deviceScaleFactor: 1.5, viewport: { width: 640, height: 480 } });
      const phone = await open({
        colorScheme,
        deviceScaleFactor: 1.5,
        viewport: { width: 320, height: 640 },
        hasTouch: true,
      });
      const take = async (page: Page, name: string, status: ConnectionStatus): Promise<void> => {
        const at = await now(page);
        await feed(page, { ...statesOf(at + 1000)[status], since: at - 60_000 });
        // What was shown before stays for a second.
        await page.clock.runFor(1000);
        await page.locator("main").screenshot({ path: `${folder}${name}-${colorScheme}.png` });
      };
      for (const status of statuses) await take(wide, status, status);
      await take(phone, "phone", "reconnecting");
      await wide.evaluate(() => {
        control.element.debug = true;
        control.element.diagnostics = () => ({ "Round trip": "23 ms" });
      });
      await part(wide, "summary").click();
      await take(wide, "details", "reconnecting");
    },
    60_000,
  );
});

describe("interruptions", () => {
  it("of less than a second leave no trace, on screen or in the live text", async () => {
    const page = await open();
    await feed(page, statesOf(await now(page)).connected);
    await page.evaluate(() => {
      const changes: string[] = [];
      const text = control.element.shadowRoot?.querySelector("[role=status]");
      if (!text) throw new Error("There is no live text.");
      new MutationObserver(() => changes.push(text.textContent)).observe(text, {
        childList: true,
        characterData: true,
        subtree: true,
      });
      Object.assign(globalThis, { changes });
    });
    for (let time = 0; time < 3; time += 1) {
      await feed(page, statesOf(await now(page)).reconnecting);
      await page.clock.runFor(900);
      expect(await live(page)).toBe("Connected");
      await feed(page, statesOf(await now(page)).connected);
      await page.clock.runFor(5000);
    }
    expect(await page.evaluate("changes")).toEqual([]);
  });

  it("that last are shown and announced, and so is their end", async () => {
    const page = await open();
    await feed(page, statesOf(await now(page)).connected);
    await expect.poll(() => part(page, "text").getAttribute("aria-live")).toBe("off");
    await feed(page, statesOf(await now(page)).reconnecting);
    expect(await part(page, "text").getAttribute("aria-live")).toBe("polite");
    await page.clock.runFor(1000);
    expect(await live(page)).toContain("Reconnecting…");
    await page.clock.runFor(2000);
    await feed(page, statesOf(await now(page)).connected);
    expect(await live(page)).toBe("Connected");
    expect(await part(page, "text").getAttribute("aria-live")).toBe("polite");
  });
});

describe("the countdown", () => {
  it("counts down once a second, outside the live text, and ends in an attempt", async () => {
    const page = await open();
    const at = await now(page);
    await feed(page, { ...statesOf(at).reconnecting, since: at - 60_000, nextAttemptAt: at + 3000 });
    const text = await live(page);
    const seen: string[] = [];
    for (let second = 0; second < 4; second += 1) {
      seen.push(await textOf(page, "countdown"));
      expect(await live(page)).toBe(text);
      await page.clock.runFor(1000);
    }
    expect(seen).toEqual([
      "Next attempt in 3 seconds",
      "Next attempt in 2 seconds",
      "Next attempt in 1 second",
      "Trying now…",
    ]);
    expect(await part(page, "text").locator("[part=countdown]").count()).toBe(0);
  });
});

describe("what a person can do", () => {
  it("'Try now' tells the application, but not while it is being tried", async () => {
    const page = await open();
    await feed(page, { ...lasting.reconnecting, nextAttemptAt: start + 60_000 });
    await part(page, "retry").click();
    expect(await page.evaluate(() => control.events)).toEqual(["retry"]);

    await feed(page, nextState(lasting.reconnecting, { type: "attempt" }, await now(page)));
    expect(await part(page, "retry").isDisabled()).toBe(true);
    await part(page, "retry").dispatchEvent("click");
    expect(await page.evaluate(() => control.events)).toEqual(["retry"]);
    expect(await page.evaluate(() => control.element.shadowRoot?.activeElement?.textContent)).toBe("Try now");
  });

  it("'Sign in' tells the application, or is a link", async () => {
    const page = await open();
    await feed(page, lasting.auth_required);
    await page.getByRole("button", { name: "Sign in" }).click();
    expect(await page.evaluate(() => control.events)).toEqual(["sign-in"]);

    await page.locator("connection-status").evaluate((element) => element.setAttribute("sign-in-url", "/sign-in?a=b"));
    const link = page.getByRole("link", { name: "Sign in" });
    expect(await link.evaluate((element) => (element as HTMLAnchorElement).href)).toBe(`${site.url}sign-in?a=b`);
    expect(await page.getByRole("button", { name: "Sign in" }).count()).toBe(0);
  });

  it("an address that is a script is no link", async () => {
    const page = await open();
    await feed(page, lasting.auth_required);
    await page
      .locator("connection-status")
      .evaluate((element) => element.setAttribute("sign-in-url", "javascript:alert(1)"));
    expect(await page.getByRole("link").count()).toBe(0);
    expect(await page.getByRole("button", { name: "Sign in" }).isVisible()).toBe(true);
  });

  it.each([
    { pointer: "a mouse", size: 24, options: {} },
    { pointer: "a finger", size: 44, options: { hasTouch: true, isMobile: true } },
  ])("is large enough for $pointer, and fits 320 pixels", async ({ size, options }) => {
    const page = await open({ viewport: { width: 320, height: 640 }, ...options });
    await page.evaluate(() => {
      control.element.debug = true;
    });
    await part(page, "summary").waitFor();
    for (const state of [lasting.reconnecting, lasting.refused, after(start - 60_000, failed("forbidden", null))]) {
      await feed(page, state);
      for (const control of await page.locator("connection-status :is(button, a, summary):visible").all()) {
        const box = await control.boundingBox();
        expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(size);
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    }
  });
});

describe("the details of debug mode", () => {
  async function openDetails(options?: BrowserContextOptions): Promise<Page> {
    const page = await open(options);
    await page.locator("connection-status").evaluate((element) => element.setAttribute("debug", ""));
    await part(page, "summary").click();
    return page;
  }

  it("are there only on demand", async () => {
    const page = await open();
    await feed(page, lasting.connected);
    expect(await part(page, "details").count()).toBe(0);
    await page.evaluate(() => {
      control.element.debug = true;
    });
    await part(page, "details").waitFor();
    await page.evaluate(() => {
      control.element.debug = false;
    });
    expect(await part(page, "details").count()).toBe(0);
  });

  it("show what is, the hint, the application's lines and the last ten codes", async () => {
    const page = await openDetails();
    await page.evaluate(() => {
      let asked = 0;
      control.element.diagnostics = () => {
        asked += 1;
        return { "Round trip": `${asked} ms` };
      };
    });
    for (let attempt = 0; attempt < 12; attempt += 1) {
      await feed(page, after(await now(page), failed("server_down", null), { type: "attempt" }));
    }
    await feed(page, lasting.reconnecting);
    const text = await textOf(page, "rows");
    expect(text).toContain("reconnecting");
    expect(text).toContain("server_down");
    expect(text).toContain(hints.server_down);
    expect(text.match(/12:00:01/g)).toHaveLength(10);
    const before = /\d+ ms/.exec(text)?.[0];
    expect(before).toBeDefined();
    await page.clock.runFor(1000);
    expect(/\d+ ms/.exec(await textOf(page, "rows"))?.[0]).not.toBe(before);
  });

  it("are shown even if the application's lines fail, which is reported", async () => {
    const page = await openDetails();
    await page.evaluate(() => {
      control.element.diagnostics = () => {
        throw new Error("No idea.");
      };
    });
    await feed(page, lasting.refused);
    expect(await textOf(page, "rows")).toContain("origin_refused");
    await expect.poll(() => complaints.splice(0).join()).toContain("No idea.");
  });

  it("can be copied as text", async () => {
    const page = await openDetails({ permissions: ["clipboard-read", "clipboard-write"] });
    await feed(page, lasting.refused);
    await page.getByRole("button", { name: "Copy as text" }).click();
    await page.getByText("Copied.").waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text).toContain("Status: refused");
    expect(text).toMatch(/2026-01-01T12:00:01\.000Z {2}origin_refused/);
  });

  it("can be copied by hand where the browser does not let the page", async () => {
    const page = await openDetails();
    await page.evaluate(() => {
      Object.defineProperty(navigator, "clipboard", { value: undefined });
    });
    await feed(page, lasting.refused);
    await page.getByRole("button", { name: "Copy as text" }).click();
    await page.getByText("Copying is not possible here.").waitFor();
    const chosen = await part(page, "copy-text").evaluate((element) => {
      const { value, selectionStart, selectionEnd } = element as HTMLTextAreaElement;
      return value.slice(selectionStart, selectionEnd);
    });
    expect(chosen).toContain("Status: refused");
  });
});

describe("as part of a page", () => {
  it("speaks German, and says so", async () => {
    const page = await open();
    await feed(page, { ...lasting.reconnecting, nextAttemptAt: start + 13_000 });
    await page.evaluate(() => control.speak("de"));
    expect(await live(page)).toContain(de.diagnoses.server_down);
    expect(await textOf(page, "countdown")).toBe("Nächster Versuch in 12 Sekunden");
    expect(await part(page, "root").getAttribute("lang")).toBe("de");
    expect(await page.getByRole("button", { name: "Jetzt versuchen" }).count()).toBe(1);
  });

  it("writes texts as text, whatever is in them", async () => {
    const page = await open();
    await feed(page, lasting.reconnecting);
    await page.evaluate(() => {
      const { texts } = control.element;
      control.element.texts = { ...texts, headlines: { ...texts.headlines, reconnecting: "<img src=x>" } };
    });
    expect(await live(page)).toContain("<img src=x>");
  });

  it("lets go of source and timers when it is removed, and takes them up again", async () => {
    const page = await open();
    await feed(page, { ...lasting.reconnecting, nextAttemptAt: start + 61_000 });
    const listeners = () => page.evaluate(() => control.listeners());
    expect(await listeners()).toBe(1);
    await page.evaluate(() => control.element.remove());
    expect(await listeners()).toBe(0);

    const countdown = () =>
      page.evaluate(() => control.element.shadowRoot?.querySelector("[part=countdown]")?.textContent);
    const before = await countdown();
    await page.clock.runFor(5000);
    expect(await countdown()).toBe(before);

    await page.evaluate(() => document.querySelector("main")?.append(control.element));
    expect(await listeners()).toBe(1);
    expect(await countdown()).toBe("Next attempt in 55 seconds");
    await page.evaluate(() => {
      control.element.source = null;
    });
    expect(await listeners()).toBe(0);
    expect(await live(page)).toBe("");
  });

  it("takes properties that were set before it was defined", async () => {
    const page = await open();
    await page.evaluate(() => {
      const late = control.element.cloneNode() as Control["element"];
      control.element.remove();
      // As a page leaves it that sets properties before the module has run: own properties that hide the accessors.
      Object.defineProperty(late, "source", { value: control.source, configurable: true, writable: true });
      document.querySelector("main")?.append(late);
    });
    await feed(page, { ...lasting.connected, diagnosis: diagnose("transport_blocked") });
    expect(await live(page)).toContain(diagnoses.transport_blocked.message);
  });

  it("can be loaded twice", async () => {
    const page = await open();
    await page.evaluate(`import("${site.url}page.js?again")`);
    await feed(page, lasting.connected);
    expect(await live(page)).toBe("Connected");
  });
});
