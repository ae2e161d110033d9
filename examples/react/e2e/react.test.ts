/** The page of React, built and served as `npm start` does, in a browser. */
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { it, onTestFinished } from "vitest";
import { launchChromium } from "../../../scripts/services/chromium.ts";
import { freePort } from "../../../scripts/services/free-port.ts";
import { startExample } from "../../express/test/start-example.ts";
import { walk } from "../../html/e2e/walk.ts";

it("signs in, follows a task to its end and cancels another", async () => {
  const folder = new URL("..", import.meta.url);
  await build({ root: fileURLToPath(folder), logLevel: "warn" });
  const port = await freePort();
  const { url, stop } = await startExample(folder, { PORT: String(port) });
  onTestFinished(stop);
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  await walk(browser, url);
});
