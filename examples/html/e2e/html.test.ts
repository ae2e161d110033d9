/** The page without a bundler, in a browser. The modules are those that `npm run build` has made. */
import { expect, it, onTestFinished } from "vitest";
import { launchChromium } from "../../../scripts/services/chromium.ts";
import { freePort } from "../../../scripts/services/free-port.ts";
import { startExample } from "../../express/test/start-example.ts";
import { walk } from "./walk.ts";

it("signs in, follows a task to its end and cancels another", async () => {
  const port = await freePort();
  const { url, stop } = await startExample(new URL("..", import.meta.url), { PORT: String(port) });
  onTestFinished(stop);
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  await walk(browser, url);
  // Nothing outside of the folders that are served.
  expect((await fetch(`${url}/modules/client/..%2fpackage.json`)).status).toBe(404);
});
