/** The number on the bell, on one line and inside its button. */
import { expect, it } from "vitest";
import { signUp } from "../test/fixture.ts";
import { sidewaysScroll } from "./browser.ts";
import { useVisitors } from "./visitors.ts";

const visitors = useVisitors();

const looks = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone", { colorScheme: "light", viewport: { width: 390, height: 844 } }],
] as const;

it.each([1, 10, 99, 100])("shows %i unread notifications on one line inside its button", async (count) => {
  const { workbench, context, openConnected } = visitors();
  const ada = await signUp(workbench.url);
  const notices = Array.from({ length: count }, (_, index) => ({ type: "test", title: `Note ${index}` }));
  await Promise.all(notices.map((notice) => workbench.realtime.notify.user(ada.userId, notice)));
  for (const [look, options] of looks) {
    const page = await openConnected(await context(ada, options));
    const mark = page.locator(".bell-count");
    await expect.poll(() => mark.textContent(), { message: look }).toBe(count > 99 ? "99+" : String(count));
    expect(await page.getByTestId("bell").getAttribute("aria-label")).toBe(`Notifications, ${count} unread`);
    const { lines, isInside } = await mark.evaluate((element) => {
      const text = document.createRange();
      text.selectNodeContents(element);
      const [own, button] = [element.getBoundingClientRect(), element.parentElement?.getBoundingClientRect()];
      const isInside = button !== undefined && own.left >= button.left && own.right <= button.right;
      return { lines: new Set([...text.getClientRects()].map(({ top }) => top)).size, isInside };
    });
    expect({ lines, isInside }, look).toEqual({ lines: 1, isInside: true });
    expect(await sidewaysScroll(page), look).toBe(0);
  }
});
