/** Notifications that the browser shows while the page is in the background, through a real service worker. */
import type { BrowserContext, Page, Worker } from "playwright-core";
import { expect, it } from "vitest";
import { launchWholeChromium } from "../../../scripts/services/chromium.ts";
import { type Person, signUp } from "../test/fixture.ts";
import { collectComplaints } from "./browser.ts";
import { useVisitors } from "./visitors.ts";

const visitors = useVisitors({}, launchWholeChromium);

/** What the tests use of the global scope of a service worker, for which a page has no types. */
interface WorkerScope extends EventTarget {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    openWindow: (address: string) => Promise<null>;
    readonly matchAll: (options: object) => Promise<readonly unknown[]>;
  };
  readonly NotificationEvent: new (type: string, init: { notification: Notification | undefined }) => ExtendableEvent;
}
interface ExtendableEvent extends Event {
  waitUntil: (work: Promise<unknown>) => void;
}

/** A profile in which the permission is given when the page asks, and `new Notification()` throws as on Android. */
async function androidProfile(person: Person): Promise<BrowserContext> {
  const { workbench, context } = visitors();
  const profile = await context(person);
  await profile.grantPermissions(["notifications"], { origin: workbench.url });
  await profile.addInitScript(() => {
    const asked = "asked-for-permission";
    window.Notification = new Proxy(window.Notification, {
      construct() {
        throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification() instead.");
      },
      get(target, name) {
        if (name === "permission") return localStorage.getItem(asked) === null ? "default" : target.permission;
        if (name !== "requestPermission") return Reflect.get(target, name);
        return () => {
          localStorage.setItem(asked, "1");
          return target.requestPermission();
        };
      },
    });
  });
  return profile;
}

async function allowBackground(page: Page): Promise<void> {
  await page.getByTestId("bell").click();
  await page.getByRole("button", { name: /in the background$/ }).click();
  await page.getByText("also tells you while the page is in the background").waitFor();
  await page.keyboard.press("Escape");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
}

const hide = (page: Page) => page.evaluate(() => Object.defineProperty(document, "hidden", { value: true }));

const shownBy = (worker: Worker) =>
  worker.evaluate(async () => {
    const { registration } = self as unknown as WorkerScope;
    return (await registration.getNotifications()).map(({ title, body }) => ({ title, body }));
  });

/** Leaves the only tab. The browser forgets it a moment after the new page is there. */
async function leave(page: Page, worker: Worker): Promise<void> {
  await page.goto("about:blank");
  const tabs = () =>
    worker.evaluate(async () => {
      const scope = self as unknown as WorkerScope;
      return (await scope.clients.matchAll({ type: "window", includeUncontrolled: true })).length;
    });
  await expect.poll(tabs).toBe(0);
}

/** Clicks the only notification. Without a real click the browser does not let the worker open or focus a tab. */
const click = (worker: Worker): Promise<string[]> =>
  worker.evaluate(async () => {
    const scope = self as unknown as WorkerScope;
    const opened: string[] = [];
    scope.clients.openWindow = async (address) => {
      opened.push(address);
      return null;
    };
    const [notification] = await scope.registration.getNotifications();
    const event = new scope.NotificationEvent("notificationclick", { notification });
    const work: Promise<unknown>[] = [];
    event.waitUntil = (promise) => void work.push(promise);
    scope.dispatchEvent(event);
    await Promise.allSettled(work);
    return opened;
  });

async function workerOf(profile: BrowserContext): Promise<Worker> {
  const [worker] = profile.serviceWorkers();
  return worker ?? profile.waitForEvent("serviceworker");
}

it("asks for the permission on a click only, then shows what arrives in the background", async () => {
  const { workbench, openConnected } = visitors();
  const ada = await signUp(workbench.url);
  const notify = (title: string, more = {}) =>
    workbench.realtime.notify.user(ada.userId, { type: "test", title, ...more });
  const profile = await androidProfile(ada);
  const page = await openConnected(profile);
  const complaints = collectComplaints(page);
  await notify("Before the question");
  await page.getByTestId("toast").filter({ hasText: "Before the question" }).waitFor();
  expect(await page.evaluate(() => localStorage.getItem("asked-for-permission"))).toBeNull();
  expect(profile.serviceWorkers()).toEqual([]);

  await allowBackground(page);
  await notify("In sight");
  await page.getByTestId("toast").filter({ hasText: "In sight" }).waitFor();
  await hide(page);
  await notify("Low", { priority: "low" });
  await notify("Out of sight", { body: "Its text." });
  const worker = await workerOf(profile);
  await expect.poll(() => shownBy(worker)).toEqual([{ title: "Out of sight", body: "Its text." }]);
  expect(complaints).toEqual([]);
});

it("a click shows the linked page in an open tab, and opens a tab when there is none", async () => {
  const { workbench, openConnected } = visitors();
  const ada = await signUp(workbench.url);
  const { task_id } = (await (await ada.start({ steps: 1, step_ms: 1 })).json()) as { task_id: string };
  const link = `${workbench.url}/tasks/${task_id}?from=notice`;
  const profile = await androidProfile(ada);
  const page = await openConnected(profile);
  await allowBackground(page);
  await hide(page);
  const worker = await workerOf(profile);
  const showOne = async (notice: { title: string; link?: string }) => {
    await workbench.realtime.notify.user(ada.userId, { type: "test", ...notice });
    await expect.poll(() => shownBy(worker)).toMatchObject([{ title: notice.title }]);
  };

  await showOne({ title: "Ready", link });
  expect(await click(worker)).toEqual([]);
  await expect.poll(() => page.url()).toBe(link);
  await page.getByTestId("task").waitFor();
  await expect.poll(() => shownBy(worker)).toEqual([]);

  await showOne({ title: "Ready again", link });
  await leave(page, worker);
  expect(await click(worker)).toEqual([link]);
});

it("a click never leads to another origin", async () => {
  const { workbench, openConnected } = visitors();
  const ada = await signUp(workbench.url);
  const profile = await androidProfile(ada);
  const page = await openConnected(profile);
  await allowBackground(page);
  await hide(page);
  const worker = await workerOf(profile);
  const link = "https://other.example/phishing";
  await workbench.realtime.notify.user(ada.userId, { type: "test", title: "Elsewhere", link });
  await expect.poll(() => shownBy(worker)).toMatchObject([{ title: "Elsewhere" }]);
  await leave(page, worker);
  expect(await click(worker)).toEqual(["/"]);
});
