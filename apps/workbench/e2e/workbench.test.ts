/** The workbench as people use it: a real server, a real Chromium, real images. */
import { watchStalls } from "@signalbox/server/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../../../scripts/services/chromium.ts";
import { administrator, type RunningWorkbench, runWorkbench, signIn } from "../test/fixture.ts";
import {
  collectComplaints,
  goToPanel,
  imageFiles,
  picture,
  sidewaysScroll,
  signInInBrowser,
  takesPictures,
} from "./browser.ts";

let workbench: RunningWorkbench;
let browser: Browser;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  workbench = await runWorkbench();
  browser = await launchChromium();
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});
afterAll(async () => {
  await browser?.close();
  await workbench?.remove();
});

async function open(path: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 760 }, ...options });
  contexts.push(context);
  const page = await context.newPage();
  await page.goto(workbench.url + path);
  return page;
}

let people = 0;

async function signUpInBrowser(page: Page): Promise<string> {
  people += 1;
  const email = `ada-${people}@example.com`;
  const form = page.getByTestId("sign-up-form");
  await form.locator("[name=name]").fill("Ada Lovelace");
  await form.locator("[name=email]").fill(email);
  await form.locator("[name=password]").fill("correct horse");
  await form.locator("button[type=submit]").click();
  await page.getByTestId("drop-zone").waitFor();
  return email;
}

/** Flask-SocketIO ran on polling for months, and it went unnoticed. */
const expectWebSocket = (page: Page) =>
  page.locator("[data-testid=connection-status][data-state=connected][data-transport=websocket]").waitFor();

/** Drops files as a person does: with a drag, not through the input. */
async function drop(page: Page, paths: string[]): Promise<void> {
  await page.getByTestId("file-input").setInputFiles(paths);
}

const card = (page: Page, status: string) => page.locator(`[data-testid=task-card][data-status=${status}]`);

describe("a person", () => {
  it("signs up, drops 12 images, watches them being converted over a WebSocket, and sees the results", async () => {
    const page = await open("/sign-up");
    const complaints = collectComplaints(page);
    await signUpInBrowser(page);
    await expectWebSocket(page);

    const messages: string[] = [];
    page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => messages.push(String(payload))));
    await page.reload();
    await expectWebSocket(page);
    await drop(page, await imageFiles(12));
    await card(page, "running").waitFor();
    await expect
      .poll(() => card(page, "running").locator("progress").getAttribute("value"), { timeout: 20_000 })
      .not.toBeNull();
    expect(await page.title()).toMatch(/^(\d+\u00a0% · )?My tasks · Signalbox Workbench$/);
    await card(page, "completed").waitFor({ timeout: 60_000 });
    expect(messages.some((message) => message.includes("progress_update"))).toBe(true);
    expect(messages.some((message) => message.includes("task_completed"))).toBe(true);

    await card(page, "completed").getByRole("link").first().click();
    await expect.poll(() => page.getByTestId("result").count()).toBe(12);
    const pictures = page.getByTestId("result").locator("img");
    await expect
      .poll(() =>
        pictures.evaluateAll((images) => images.every((image) => (image as HTMLImageElement).naturalWidth > 0)),
      )
      .toBe(true);
    await picture(page, "results-light");
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByTestId("download-zip").click()]);
    expect(download.suggestedFilename()).toMatch(/\.zip$/);
    expect(complaints).toEqual([]);
  }, 120_000);

  it("shows in the tab's title how far running tasks are, as long as they run", async () => {
    const page = await open("/sign-up");
    await signUpInBrowser(page);
    await page.getByText("Practice task").click();
    await page.getByLabel("Steps").fill("1000");
    await page.getByLabel("Milliseconds per step").fill("50");
    await page.getByRole("button", { name: "Start" }).click();
    await expect.poll(() => page.title()).toMatch(/^[1-9]\d*\u00a0% · My tasks · Signalbox Workbench$/);
    await card(page, "running").getByTestId("cancel-task").click();
    await expect.poll(() => page.title()).toBe("My tasks · Signalbox Workbench");
  });

  it.runIf(takesPictures)(
    "has a batch in progress on the picture of the README",
    async () => {
      const page = await open("/sign-up");
      await signUpInBrowser(page);
      await drop(page, await imageFiles(12));
      await card(page, "completed").waitFor({ timeout: 60_000 });
      await drop(page, await imageFiles(60, 900, 700));
      const percent = card(page, "running").locator("progress");
      await expect
        .poll(async () => Number(await percent.getAttribute("value")), { timeout: 60_000 })
        .toBeGreaterThan(40);
      await page.getByTestId("toast").waitFor({ state: "detached" });
      await picture(page, "tasks-light");
    },
    120_000,
  );

  it("cancels a batch between two images, and keeps what was made until then", async () => {
    const page = await open("/sign-up", { colorScheme: "dark" });
    await signUpInBrowser(page);
    await expectWebSocket(page);
    await drop(page, await imageFiles(30, 900, 700));
    await page
      .getByText(/[1-9]\d* of 30/)
      .first()
      .waitFor();
    await picture(page, "tasks-dark");
    await card(page, "running").getByTestId("cancel-task").click();
    await card(page, "cancelled").waitFor();
    await card(page, "cancelled").getByRole("link").first().click();
    await expect.poll(() => page.getByTestId("result").count()).toBeGreaterThan(0);
    expect(await page.getByTestId("result").count()).toBeLessThan(30);
  }, 120_000);

  it("uses it on a phone without sideways scrolling", async () => {
    const page = await open("/sign-up", { viewport: { width: 360, height: 740 }, isMobile: true });
    await signUpInBrowser(page);
    await drop(page, await imageFiles(2));
    await card(page, "completed").waitFor();
    await picture(page, "tasks-phone");
    expect(await sidewaysScroll(page)).toBe(0);
  });

  it("sees a sentence when a file is no image or the password is wrong", async () => {
    const page = await open("/sign-in");
    const form = page.getByTestId("sign-in-form");
    await form.locator("[name=email]").fill("nobody@example.com");
    await form.locator("[name=password]").fill("wrong password");
    await form.locator("button[type=submit]").click();
    await page
      .getByText(/e-?mail|password/i)
      .and(page.locator("[data-testid^=problem]"))
      .first()
      .waitFor();
  });

  it("who signs out in one tab is signed out in the other", async () => {
    const page = await open("/sign-up");
    await signUpInBrowser(page);
    const other = await page.context().newPage();
    await other.goto(workbench.url);
    await expectWebSocket(other);
    await page.getByTestId("sign-out").click();
    await other.getByTestId("sign-in-form").waitFor();
  });
});

describe("an administrator", () => {
  it("sees connections, tasks and the security log live, and loses them within a second of being demoted", async () => {
    const admin = await open("/admin", { colorScheme: "dark", viewport: { width: 1280, height: 900 } });
    await signInInBrowser(admin, administrator);
    await admin.locator("[data-testid=admin-feed][data-state=live]").waitFor();
    await goToPanel(admin, "Tasks");

    const person = await open("/sign-up");
    await signUpInBrowser(person);
    await drop(person, await imageFiles(8));
    await admin.getByTestId("admin-task").first().waitFor();
    await admin.locator("[data-testid=admin-task][data-status=completed]").first().waitFor({ timeout: 60_000 });
    await goToPanel(admin, "Connections");
    await expect.poll(() => admin.getByTestId("connection").count()).toBeGreaterThan(1);
    await fetch(`${workbench.url}/realtime/client-config`, { headers: { origin: "https://evil.example" } });
    await goToPanel(admin, "Security log");
    await admin.locator("[data-testid=security-event][data-type=origin_refused]").first().waitFor();

    const root = await signIn(workbench.url, administrator);
    const second = await root.fetch("/api/auth/admin/create-user", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "Second", email: "second@example.com", password: "second password", role: "admin" }),
    });
    const { user } = (await second.json()) as { user: { id: string } };
    const demoted = await open("/admin/connections");
    await signInInBrowser(demoted, { email: "second@example.com", password: "second password" });
    await demoted.getByTestId("connection").first().waitFor();

    const started = Date.now();
    const stalled = watchStalls();
    await root.fetch("/api/auth/admin/set-role", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ userId: user.id, role: "user" }),
    });
    await demoted.getByTestId("admin-denied").waitFor();
    expect(Date.now() - started - stalled()).toBeLessThan(1000);
    expect(await demoted.getByTestId("connection").count()).toBe(0);
  }, 120_000);
});
