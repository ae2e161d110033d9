/** Real downloads of a real browser, by the names under which it would save them. */
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { makeImage, signUp } from "../test/fixture.ts";
import { useVisitors } from "./visitors.ts";

const visitors = useVisitors();

async function savedName(page: Page, link: string): Promise<string> {
  const name = page.getByRole("link", { name: link, exact: true });
  const [download] = await Promise.all([page.waitForEvent("download"), name.click()]);
  expect(await download.failure()).toBeNull();
  return download.suggestedFilename();
}

it("saves each image under the name of its original, with the extension of its format", async () => {
  const { workbench, context, openConnected } = visitors();
  const ada = await signUp(workbench.url);
  const names = ["Sommer in Köln.v2.jpg", "写真.png", "no-extension"];
  const image = await makeImage("image.png", 64, 48);
  const { task_id } = (await (
    await ada.start(names.map((name) => new File([image], name, { type: image.type })))
  ).json()) as { task_id: string };
  const page = await openConnected(await context(ada), `/tasks/${task_id}`);
  await expect.poll(() => page.getByTestId("result").count(), { timeout: 30_000 }).toBe(names.length);
  expect(await savedName(page, "Sommer in Köln.v2.jpg as AVIF")).toBe("Sommer in Köln.v2.avif");
  expect(await savedName(page, "Sommer in Köln.v2.jpg as WebP")).toBe("Sommer in Köln.v2.webp");
  expect(await savedName(page, "写真.png as AVIF")).toBe("写真.avif");
  expect(await savedName(page, "no-extension as WebP")).toBe("no-extension.webp");
  const [zip] = await Promise.all([page.waitForEvent("download"), page.getByTestId("download-zip").click()]);
  expect(zip.suggestedFilename()).toMatch(/^images-[\w-]+\.zip$/);
});
