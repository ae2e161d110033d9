import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const complete = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Shows pages in half the processor time of the whole browser, which also renders its own toolbars. */
const headlessShell = "/usr/bin/chromium-headless-shell";

/** Keeps the browser from calling home. */
export const chromiumFlags = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync"],
];

/**
 * The path of this machine's Chromium.
 * @throws Error when there is none
 */
export function findChromium(paths: readonly string[] = complete): string {
  const path = paths.find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error("There is no Chromium; scripts/ensure-chromium.sh installs it.");
  return path;
}

/** Starts a Chromium for tests of pages: the headless shell where this machine has one. */
export const launchChromium = (): Promise<Browser> => launch(findChromium([headlessShell, ...complete]));

/** Starts the whole browser, for what the headless shell lacks: the back/forward cache and notifications of workers. */
export const launchWholeChromium = (): Promise<Browser> => launch(findChromium());

const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, ignoreDefaultArgs: ["--disable-back-forward-cache"], args: chromiumFlags });
