/** "Signed in on a new device" is for the devices that were there before. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { signUp } from "../test/fixture.ts";
import { signInInBrowser } from "./browser.ts";
import { connected, useVisitors } from "./visitors.ts";

const visitors = useVisitors();

const titlesOf = (page: Page, list: "toast" | "notification") =>
  page.getByTestId(list).locator("strong").allTextContents();
const unreadIs = (page: Page, count: number) =>
  expect
    .poll(() => page.getByTestId("bell").getAttribute("aria-label"))
    .toBe(count === 0 ? "Notifications" : `Notifications, ${count} unread`);

it("a sign-in on a new device notifies the other devices, and not the one that signed in", async () => {
  const { workbench, context, openConnected } = visitors();
  const ada = await signUp(workbench.url);
  const known = await openConnected(await context(ada));
  const added = await (await context()).newPage();
  await added.goto(workbench.url);
  await signInInBrowser(added, { email: ada.email, password: "correct horse" });
  await connected(added);
  await expect.poll(() => titlesOf(known, "toast")).toEqual(["Signed in on a new device"]);
  await unreadIs(known, 1);

  await workbench.realtime.notify.user(ada.userId, { type: "test", title: "For both" });
  await expect.poll(() => titlesOf(added, "toast")).toEqual(["For both"]);
  await unreadIs(added, 1);
  await added.getByTestId("bell").click();
  expect(await titlesOf(added, "notification")).toEqual(["For both"]);
  await added.reload();
  await connected(added);
  await unreadIs(added, 0);
  expect(await titlesOf(added, "toast")).toEqual([]);
});
