/** Uploads of which the server takes a part. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { signUp } from "../test/fixture.ts";
import { imageFiles } from "./browser.ts";
import { useVisitors } from "./visitors.ts";

const visitors = useVisitors();

it("a corrupt file is named with the reason, and the other images are converted", async () => {
  const { workbench, context, openConnected } = visitors();
  const page = await openConnected(await context(await signUp(workbench.url)));
  const problems = page.getByTestId("upload-problems");
  const corrupt = join(await mkdtemp(join(tmpdir(), "corrupt-")), "corrupt.jpg");
  await writeFile(corrupt, "This is no JPEG.");
  await page.getByTestId("file-input").setInputFiles([...(await imageFiles(2)), corrupt]);
  await page.locator("[data-testid=task-card][data-status=completed]").waitFor({ timeout: 30_000 });
  expect(await problems.textContent()).toMatch(/^The batch was started\. Left out:.*corrupt\.jpg/);
  await page.getByTestId("task-card").getByRole("link").click();
  await expect.poll(() => page.getByTestId("result").count()).toBe(2);

  await page.goBack();
  await page.getByTestId("file-input").setInputFiles(corrupt);
  await problems.getByText(/corrupt\.jpg.* is not/).waitFor();
  expect(await page.getByTestId("task-card").count()).toBe(1);
});
