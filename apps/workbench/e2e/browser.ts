import { existsSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { makeImage } from "../test/fixture.ts";

const candidates = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The system's own Chromium, without anything that would call home. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = candidates.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error("There is no Chromium; scripts/ensure-chromium.sh installs it.");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Image files on disk, as a person would choose them. */
export async function imageFiles(count: number, width?: number, height?: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "images-"));
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const name = `holiday-${String(index + 1).padStart(2, "0")}.jpg`;
      const path = join(folder, name);
      await writeFile(path, Buffer.from(await (await makeImage(name, width, height)).arrayBuffer()));
      return path;
    }),
  );
}

/** Everything that the page complained about: a finished page complains about nothing. */
export function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return complaints;
}
