import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const candidates = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

function executable(): string {
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error("There is no Chromium; scripts/ensure-chromium.sh installs it.");
  return path;
}

/** Nothing that would call home. */
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

/** The system's own Chromium, with its back/forward cache. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable(),
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
    args,
  });
}

/**
 * The same, without what Playwright sets in every page: one of its settings has pages believe that they are looked at,
 * and such a page is never frozen. It has one context, the browser's own.
 */
export async function launchPlainChromium(): Promise<{ browser: Browser; close(): Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), "profile-"));
  const flags = [...args, "--headless", "--disable-sync", "--disable-component-update", "--remote-debugging-port=0"];
  const child = spawn(executable(), [...flags, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
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
