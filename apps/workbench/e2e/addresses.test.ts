/** The addresses of the pages: one for each, with whatever query and fragment they were opened with. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { administrator, signIn, signUp } from "../test/fixture.ts";
import { collectComplaints } from "./browser.ts";
import { useVisitors } from "./visitors.ts";

const visitors = useVisitors();

const addressOf = (page: Page): string => page.url().slice(visitors().workbench.url.length);

async function openAsAdministrator(path: string): Promise<Page> {
  const { workbench, context, openConnected } = visitors();
  return openConnected(await context(await signIn(workbench.url, administrator)), path);
}

describe("a slash at the end of an address", () => {
  it.each([
    ["/admin/", "/admin", "Overview"],
    ["/admin/connections/?from=mail#list", "/admin/connections?from=mail#list", "Connections"],
    ["/admin/security/", "/admin/security", "Security log"],
  ])("%s is shown as %s", async (path, canonical, heading) => {
    const page = await openAsAdministrator(path);
    await page.getByRole("heading", { level: 2, name: heading, exact: true }).waitFor();
    expect(addressOf(page)).toBe(canonical);
    expect(await page.getByTestId("admin-link").getAttribute("aria-current")).toBe("page");
  });

  it("does not hide a task, the sign-up form or a missing page", async () => {
    const { workbench, context, openConnected } = visitors();
    const ada = await signUp(workbench.url);
    const { task_id } = (await (await ada.start({ steps: 1, step_ms: 1 })).json()) as { task_id: string };
    const page = await openConnected(await context(ada), `/tasks/${task_id}/`);
    await page.getByTestId("task").waitFor();
    await page.goto(`${workbench.url}/nothing/here/`);
    await page.getByRole("heading", { name: "Page not found" }).waitFor();

    const visitor = await (await context()).newPage();
    await visitor.goto(`${workbench.url}/sign-up/`);
    await visitor.getByTestId("sign-up-form").waitFor();
  });
});

it("a link with several slashes at the start of its path stays on this host", async () => {
  const { workbench, context, openConnected } = visitors();
  const ada = await signUp(workbench.url);
  const page = await openConnected(await context(ada));
  const complaints = collectComplaints(page);
  const link = `${workbench.url}//other.example/`;
  await workbench.realtime.notify.user(ada.userId, { type: "test", title: "Odd", link });
  await page.getByTestId("toast").getByRole("link").click();
  await page.getByRole("heading", { name: "Page not found" }).waitFor();
  expect(addressOf(page)).toBe("/other.example");
  expect(complaints).toEqual([]);
});

it("the link of a notification keeps its query and fragment, and the history leads back", async () => {
  const { workbench, context, openConnected } = visitors();
  const admin = await signIn(workbench.url, administrator);
  const page = await openConnected(await context(admin), "/?view=1#main");
  const link = `${workbench.url}/admin/blocks/?from=notice&x=a%2Fb#latest`;
  await workbench.realtime.notify.user(admin.userId, { type: "test", title: "A block", link });
  await page.getByTestId("toast").getByRole("link").click();
  await page.getByRole("heading", { level: 2, name: "Blocks", exact: true }).waitFor();
  expect(addressOf(page)).toBe("/admin/blocks?from=notice&x=a%2Fb#latest");
  await page.goBack();
  await page.getByTestId("drop-zone").waitFor();
  expect(addressOf(page)).toBe("/?view=1#main");
});
