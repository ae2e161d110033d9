/** Uploads that fail in part or as a whole: what can be sent is sent, and the choice is kept. */
import { rm } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { makeImage, signUp } from "../test/fixture.ts";
import { imageFiles, violationsOn } from "./browser.ts";
import { useVisitors } from "./visitors.ts";

const visitors = useVisitors();

const problems = (page: Page) => page.getByTestId("upload-problems");
const titles = (page: Page) => page.getByTestId("task-card").locator("h3").allTextContents();

async function openTasks(): Promise<Page> {
  const { workbench, context, openConnected } = visitors();
  return openConnected(await context(await signUp(workbench.url)));
}

/** Lets the next upload break off, as a lost network does. */
const breakNextUpload = (page: Page) =>
  page.route("**/api/tasks", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()), {
    times: 1,
  });

it("after a failed upload the choice is kept and can be sent again", async () => {
  const page = await openTasks();
  await breakNextUpload(page);
  await page.getByTestId("file-input").setInputFiles(await imageFiles(3));
  await problems(page).getByText("The upload broke off. Your choice is kept").waitFor();
  await page.getByRole("link", { name: "Signalbox" }).first().click();
  expect(await violationsOn(page)).toEqual([]);
  await page.getByRole("button", { name: "Try again with 3 images" }).focus();
  await page.keyboard.press("Enter");
  await page.getByTestId("task-card").waitFor();
  expect(await problems(page).count()).toBe(0);
});

it("a file that was deleted before a retry is named, and the others are sent", async () => {
  const page = await openTasks();
  const files = await imageFiles(3);
  await breakNextUpload(page);
  await page.getByTestId("file-input").setInputFiles(files);
  const retry = page.getByRole("button", { name: /^Try again/ });
  await retry.waitFor();
  await rm(files[1] ?? "");
  await retry.click();
  await problems(page).getByText("“holiday-02.jpg” can no longer be read.").waitFor();
  await page.getByRole("button", { name: "Try again with 2 images" }).click();
  await page.getByTestId("task-card").waitFor();
  expect(await problems(page).textContent()).toMatch(/^The batch was started\. Left out:“holiday-02\.jpg”/);
});

it("a choice with a file that is no image can be sent without it, or discarded", async () => {
  const page = await openTasks();
  const text = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("No image.") };
  const image = {
    name: "a.png",
    mimeType: "image/png",
    buffer: Buffer.from(await (await makeImage("a.png", 32, 32)).arrayBuffer()),
  };
  await page.getByTestId("file-input").setInputFiles([text, image]);
  await problems(page).getByText("“notes.txt” is not").waitFor();
  await page.getByRole("button", { name: "Discard" }).click();
  expect(await problems(page).count()).toBe(0);
  await page.getByTestId("file-input").setInputFiles([text, image]);
  await page.getByRole("button", { name: "Send 1 image" }).click();
  await page.getByTestId("task-card").waitFor();
  expect(await titles(page)).toHaveLength(1);
});
