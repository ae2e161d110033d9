/** Where no socket can be opened, notifications come over plain HTTP, visibly, and are acknowledged and read there. */
import { expect, it, onTestFinished } from "vitest";
import { openNotifications } from "../../src/notifications/open-notifications.ts";
import { startTcpProxy } from "../browser/tcp-proxy.ts";
import { createFakeEnvironment } from "../support/fake-environment.ts";
import { connect, reached, startServer } from "../support/node-clients.ts";

async function fixture() {
  const server = await startServer();
  const proxy = await startTcpProxy(() => server.port);
  onTestFinished(() => proxy.close());
  proxy.judge = ({ target }) => (target.startsWith("/socket.io") ? "cut" : "pass");
  const environment = createFakeEnvironment();
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const clients = connect({ origin: server.url, url: proxy.url, environment, cookie });
  const centre = openNotifications(clients, { environment });
  onTestFinished(() => centre.close());
  const told: string[] = [];
  centre.onArrived(({ title }) => void told.push(title));
  const notify = (title: string) => server.realtime.notify.user("ada", { type: "test", title });
  return { server, proxy, environment, clients, centre, told, notify };
}

it("notifications over HTTP are delivered once, acknowledged and read, and requested at most every 15 seconds", async () => {
  const { proxy, environment, clients, centre, told, notify } = await fixture();
  await notify("one");
  await reached(clients.state, ({ diagnosis }) => diagnosis !== null);
  await environment.pass(6000);
  await reached(centre, ({ phase }) => phase === "polling");
  expect(told).toEqual(["one"]);
  await environment.pass(1000);
  await reached(centre, ({ acknowledged_seq }) => acknowledged_seq === 1);
  await notify("two");
  await environment.pass(16_000);
  await reached(centre, ({ unread }) => unread === 2);
  await centre.markRead(2);
  expect(centre.get()).toMatchObject({ phase: "polling", unread: 0, read_seq: 2 });
  expect(told).toEqual(["one", "two"]);

  const asked = () => proxy.seen.filter(({ target }) => target.startsWith("/realtime/notifications?")).length;
  const before = asked();
  await environment.pass(60_000);
  expect(asked() - before).toBeLessThanOrEqual(5);
});

it("polling for notifications ends when a socket can be opened, and no notification is delivered again", async () => {
  const { proxy, environment, clients, centre, told, notify } = await fixture();
  await notify("one");
  await reached(clients.state, ({ diagnosis }) => diagnosis !== null);
  await environment.pass(6000);
  await reached(centre, ({ phase }) => phase === "polling");
  proxy.judge = () => "pass";
  clients.retry();
  await reached(centre, ({ phase }) => phase === "live");
  await notify("two");
  await reached(centre, ({ unread }) => unread === 2);
  const asked = () => proxy.seen.filter(({ target }) => target.startsWith("/realtime/notifications")).length;
  const before = asked();
  await environment.pass(60_000);
  expect(asked()).toBe(before);
  expect(told).toEqual(["one", "two"]);
});
