/**
 * The service worker of the workbench. It opens what a notification links to. It answers no requests and caches
 * nothing. Android shows notifications of service workers only.
 */
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(ownAddress(event.notification.data)));
});

/**
 * Brings the workbench to the front: a tab that shows the address, else the tab that was used last, else a new one.
 * @param {string | null} address
 */
async function open(address) {
  const tabs = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const tab = tabs.find(({ url }) => url === address) ?? tabs[0];
  if (tab === undefined) return void (await worker.clients.openWindow(address ?? "/"));
  if (address !== null && tab.url !== address) tab.postMessage({ type: "open", address });
  await tab.focus();
}

/**
 * The address if it is one of this origin, otherwise null: a notification leads nowhere else.
 * @param {unknown} address
 */
function ownAddress(address) {
  if (typeof address !== "string" || !URL.canParse(address)) return null;
  const { origin, href } = new URL(address);
  return origin === worker.location.origin ? href : null;
}
