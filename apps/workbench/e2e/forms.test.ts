/** Forms that lose the server and find it again, and forms in a tab beside another tab. */
import type { BrowserContext, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { administrator, signIn, signUp } from "../test/fixture.ts";
import { goToPanel, signInInBrowser } from "./browser.ts";
import { connected, useVisitors } from "./visitors.ts";

const visitors = useVisitors();

async function openSignedOut(context: BrowserContext, path = "/sign-in"): Promise<Page> {
  const page = await context.newPage();
  await page.goto(visitors().workbench.url + path);
  await page.locator("form").waitFor();
  return page;
}

async function fillSignIn(page: Page, account: { email: string; password: string }): Promise<void> {
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

describe("the sign-in form", () => {
  it("clears “cannot be reached” by itself when the server can be reached again", async () => {
    const context = await visitors().context();
    const page = await openSignedOut(context);
    await context.setOffline(true);
    await fillSignIn(page, administrator);
    await page.getByText("The server cannot be reached").waitFor();
    await context.setOffline(false);
    await page.getByText("The server cannot be reached").waitFor({ state: "detached", timeout: 10_000 });
    expect(await page.getByLabel("E-mail address").inputValue()).toBe(administrator.email);
  });

  it("clears a problem with the next input", async () => {
    const context = await visitors().context();
    const page = await openSignedOut(context);
    await fillSignIn(page, { email: "wrong", password: "" });
    await page.getByTestId("problem-email").waitFor();
    await page.getByTestId("problem-password").waitFor();
    await page.getByLabel("E-mail address").fill("ada@example.com");
    expect(await page.getByTestId("problem-email").count()).toBe(0);
    expect(await page.getByTestId("problem-password").count()).toBe(1);
    await context.setOffline(true);
    await fillSignIn(page, { email: "ada@example.com", password: "correct horse" });
    await page.getByText("The server cannot be reached").waitFor();
    await page.getByLabel("Password").fill("correct horses");
    expect(await page.getByText("The server cannot be reached").count()).toBe(0);
  });

  it("follows a sign-in, and a sign-up, in another tab, and a sign-out there", async () => {
    const { workbench, context } = visitors();
    const ada = await signUp(workbench.url, "Ada Lovelace");
    const profile = await context();
    const waiting = await openSignedOut(profile);
    const other = await openSignedOut(profile);
    await signInInBrowser(other, { email: ada.email, password: "correct horse" });
    for (const page of [waiting, other]) await connected(page);
    expect(await waiting.getByTestId("user-name").textContent()).toBe("Ada Lovelace");
    await waiting.getByTestId("sign-out").click();
    await other.getByText("You have signed out.").waitFor();

    await other.goto(`${workbench.url}/sign-up`);
    await other.getByLabel("Name").fill("Grace Hopper");
    await other.getByLabel("E-mail address").fill("grace@example.com");
    await other.getByLabel("Password").fill("correct horse");
    await other.getByRole("button", { name: "Create account" }).click();
    await connected(waiting);
    expect(await waiting.getByTestId("user-name").textContent()).toBe("Grace Hopper");
  });
});

it("a page that was opened without a server appears when the server is there", async () => {
  const { workbench, context } = visitors();
  const profile = await context(await signUp(workbench.url));
  await profile.route("**/realtime/client-config", (route) => route.abort());
  const page = await profile.newPage();
  await page.goto(workbench.url);
  await page.getByText("The server cannot be reached").waitFor();
  await profile.unroute("**/realtime/client-config");
  await connected(page);
});

describe("after the connection of a signed-in page returns", () => {
  it("no form says any more that the server cannot be reached", async () => {
    const { workbench, context, openConnected } = visitors();
    const profile = await context(await signUp(workbench.url));
    const page = await openConnected(profile);
    await page.getByText("Practice task").click();
    await profile.setOffline(true);
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByTestId("practice-problem").waitFor();
    await page.getByTestId("sign-out").click();
    await expect.poll(() => page.getByText("The server cannot be reached").count()).toBe(2);
    await profile.setOffline(false);
    await expect.poll(() => page.getByText("The server cannot be reached").count()).toBe(0);
  });

  it("a question of the dashboard can be answered again", async () => {
    const { workbench, context, openConnected } = visitors();
    const profile = await context(await signIn(workbench.url, administrator));
    const page = await openConnected(profile, "/admin/blocks");
    await goToPanel(page, "Blocks");
    await page.getByLabel("User id").fill("no-such-user");
    await page.keyboard.press("Enter");
    await page.locator("[name=reason]").fill("A reason");
    await profile.setOffline(true);
    await page.locator("[data-testid=connection-status]:not([data-state=connected])").waitFor();
    await page.getByTestId("confirm-accept").click();
    await page.getByTestId("confirm-problem").waitFor({ timeout: 20_000 });
    await profile.setOffline(false);
    await page.getByTestId("confirm-problem").waitFor({ state: "detached" });
    await page.getByTestId("confirm-dialog").waitFor();
  });
});
