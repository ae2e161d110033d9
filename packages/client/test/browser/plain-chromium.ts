import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { chromiumFlags, findChromium } from "../../../../scripts/services/chromium.ts";

/**
 * Starts the whole Chromium without what Playwright sets in every page: one of its settings tells pages that they are
 * visible, and a visible page is never frozen. It has one context, the browser's own.
 */
export async function launchPlainChromium(): Promise<{ browser: Browser; close(): Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), "profile-"));
  const flags = [...chromiumFlags, "--headless", "--remote-debugging-port=0", `--user-data-dir=${profile}`];
  const child = spawn(findChromium(), [...flags, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const [, found] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`Chromium ended: ${said}`)));
  });
  const browser = await chromium.connectOverCDP(address, { noDefaults: true });
  return {
    browser,
    async close() {
      const devTools = await browser.newBrowserCDPSession();
      await devTools.send("Browser.close").catch(() => {});
      await ended;
      await rm(profile, { recursive: true, force: true });
    },
  };
}
