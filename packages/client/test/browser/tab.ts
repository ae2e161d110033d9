/** A browser's tab on a page of a site, and what can be seen in it. */
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { test as base, expect, vi } from "vitest";
import { launchChromium } from "../../../../scripts/services/chromium.ts";
import { type ConnectionState, type DiagnosisCode, diagnoses } from "../../src/index.ts";
import { type Site, startSite } from "./site.ts";
import type { SeenRequest } from "./tcp-proxy.ts";

interface Fixture {
  browser: Browser;
  openSite(env?: Record<string, string>): Promise<Site>;
  openTab(site: Site, options?: TabOptions): Promise<Tab>;
}

/** Every test opens what it needs, and all of it is closed behind it; the browser is one for each file. */
export const test = base.extend<Fixture>({
  browser: [
    // biome-ignore lint/correctness/noEmptyPattern: the runner reads from the pattern what a fixture needs
    async ({}, use) => {
      const browser = await launchChromium();
      await use(browser);
      await browser.close();
    },
    { scope: "file" },
  ],
  openSite: async ({ onTestFinished }, use) => {
    await use(async (env) => {
      const site = await startSite(env);
      onTestFinished(() => site.close());
      return site;
    });
  },
  openTab: async ({ browser, onTestFinished }, use) => {
    await use(async (site, options = {}) => {
      const context = options.context ?? (await browser.newContext());
      if (options.context === undefined) onTestFinished(() => context.close());
      return open(site, context, options);
    });
  },
});

/** Most rules hold on each transport, and are tested on each. */
export const transports = ["polling", "websocket"] as const;

export const over = (transport: string): Record<string, string> => ({ SOCKETIO_TRANSPORTS: transport });

export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** The DevTools protocol of the page. */
  devTools(): Promise<CDPSession>;
  state(): Promise<ConnectionState>;
  /** Every state there was. */
  history(): Promise<ConnectionState[]>;
  /** Waits until the state has these fields. */
  reaches(expected: Partial<ConnectionState>): Promise<void>;
  /** Waits until this is the diagnosis and a person can read its sentence. */
  shows(code: DiagnosisCode): Promise<void>;
  /** Waits until all is well again and nothing else is shown. */
  isConnected(): Promise<void>;
  /** Lets time pass for the page, in steps in which the network can answer. */
  passTime(ms: number): Promise<void>;
  /** As `passTime`, up to this moment of the page's clock. */
  timeReaches(at: number): Promise<void>;
  /** The page's clock. */
  now(): Promise<number>;
  /** Codes of all diagnoses there were, each once. */
  codes(): Promise<string[]>;
}

/** Tries again until nothing is thrown. */
export function eventually<Result>(run: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(run, { timeout: 20_000, interval: 20 });
}

/** Requests that a browser sent to the layer: neither for pages, nor those that an open connection over polling makes. */
export const requestsOf = ({ proxy }: Site): readonly SeenRequest[] =>
  proxy.seen.filter(({ target }) => /^\/(socket\.io|realtime)\//.test(target) && !target.includes("sid="));

/** Connections that a browser tried to open. The probe after a refused upgrade has no `t=`, and does not count. */
export const handshakesOf = (site: Site): readonly SeenRequest[] =>
  requestsOf(site).filter(({ target }) => target.startsWith("/socket.io/") && !target.endsWith("transport=polling"));

/** Shorter than the time limit of any request. */
const stepMs = 4000;

interface TabOptions {
  /** Signed in as this user; not signed in by default. */
  userId?: string;
  role?: "user" | "admin";
  /** What the page's address says. */
  query?: Record<string, string>;
  /** The page's own site, where it is not the server's. */
  at?: string;
  /** Opened beside the tabs of this context. */
  context?: BrowserContext;
  /** The page's clock can be put forward with `passTime`. */
  ownClock?: boolean;
}

/** Signs in as a browser would have it: a cookie that no script can read. */
export async function signIn(context: BrowserContext, site: Site, userId: string, role: "user" | "admin" = "user") {
  const session = site.sessions.signIn({ userId, role });
  const [name = "", value = ""] = session.cookie.split("=");
  await context.addCookies([{ name, value, url: site.url, httpOnly: true, sameSite: "Lax" }]);
  return session;
}

async function open(site: Site, context: BrowserContext, options: TabOptions): Promise<Tab> {
  const { userId, role, query = {}, at = site.url, ownClock = false } = options;
  if (userId !== undefined) await signIn(context, site, userId, role);
  const page = await context.newPage();
  if (ownClock) await page.clock.install();
  await page.goto(`${at}/?${new URLSearchParams(query)}`);
  await eventually(async () => expect(await page.evaluate(() => window.history_.length)).toBeGreaterThan(0));

  const state = (): Promise<ConnectionState> => page.evaluate(() => window.clients.state.get());
  const now = (): Promise<number> => page.evaluate(() => Date.now());
  const history = (): Promise<ConnectionState[]> => page.evaluate(() => window.history_);
  const reaches = async (expected: Partial<ConnectionState>): Promise<void> => {
    await eventually(async () => expect(await state()).toMatchObject(expected));
  };

  const tab: Tab = {
    page,
    context,
    devTools: () => context.newCDPSession(page),
    state,
    history,
    reaches,
    async shows(code) {
      await eventually(async () => expect((await state()).diagnosis?.code).toBe(code));
      await page.locator("connection-status").getByText(diagnoses[code].message).waitFor();
    },
    async isConnected() {
      await reaches({ status: "connected", diagnosis: null });
      await page.locator("connection-status").getByText("Connected", { exact: true }).waitFor();
      expect(await page.evaluate(() => window.problems)).toEqual([]);
    },
    now,
    async passTime(ms) {
      await tab.timeReaches((await now()) + ms);
    },
    async timeReaches(at) {
      for (let left = at - (await now()); left > 0; left = at - (await now())) {
        await page.clock.runFor(Math.min(left, stepMs));
        await page.evaluate(() => fetch("/elsewhere"));
      }
    },
    async codes() {
      return [...new Set((await history()).flatMap(({ diagnosis }) => (diagnosis === null ? [] : [diagnosis.code])))];
    },
  };
  return tab;
}
