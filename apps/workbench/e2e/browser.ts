import { readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserContext, Page } from "playwright-core";
import { makeImage, type Person } from "../test/fixture.ts";

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

/** With SCREENSHOTS=1 the pictures of the documentation are taken anew. */
export const takesPictures = process.env.SCREENSHOTS === "1";

export async function picture(page: Page, name: string, options: { fullPage?: boolean } = {}): Promise<void> {
  if (!takesPictures) return;
  const path = fileURLToPath(new URL(`../../../docs/images/${name}.png`, import.meta.url));
  await page.screenshot({ path, ...options });
}

export async function signInInBrowser(page: Page, account: { email: string; password: string }): Promise<void> {
  const form = page.getByTestId("sign-in-form");
  await form.locator("[name=email]").fill(account.email);
  await form.locator("[name=password]").fill(account.password);
  await form.locator("button[type=submit]").click();
  await form.waitFor({ state: "detached" });
}

/** Gives the browser the cookies that a user received at the HTTP interface. */
export async function becomePerson(context: BrowserContext, person: Person, url: string): Promise<void> {
  const cookies = person.cookie.split("; ").map((pair) => {
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    return { name, value, url };
  });
  await context.addCookies(cookies);
}

/** Opens the dashboard as a user who has to sign in first, and waits until it is live. */
export async function openDashboard(
  page: Page,
  url: string,
  account: { email: string; password: string },
): Promise<void> {
  await page.goto(`${url}/admin`);
  await signInInBrowser(page, account);
  await page.locator("[data-testid=admin-feed][data-state=live]").waitFor();
}

/** Goes to a part of the dashboard by its link. */
export async function goToPanel(page: Page, title: string): Promise<void> {
  await page
    .getByRole("navigation", { name: "Administration" })
    .getByRole("link", { name: title, exact: true })
    .click();
  await page.getByRole("heading", { level: 2, name: title, exact: true }).waitFor();
}

interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds on a page. */
export async function violationsOn(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: Axe }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

/** Pixels by which a page is wider than its window. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate(() => Math.max(document.documentElement.scrollWidth - window.innerWidth, 0));

/**
 * Stands in for the server in one request on `/admin`, and passes everything else on.
 * @param answer - undefined for a request that the server is to answer
 */
export async function answerInstead<Payload>(
  page: Page,
  event: string,
  answer: (payload: Payload) => object | undefined,
): Promise<void> {
  const request = new RegExp(`^42/admin,(\\d+)\\["${event}",(.*)\\]$`);
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      const [, id, payload] = request.exec(String(message)) ?? [];
      const answered = payload === undefined ? undefined : answer(JSON.parse(payload) as Payload);
      if (answered === undefined) server.send(message);
      else socket.send(`43/admin,${id}[${JSON.stringify(answered)}]`);
    });
  });
}
