/** A device whose clock is wrong: the server's time decides what has expired, in the list as in the count. */
import type { Notice } from "@signalbox/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Environment, systemEnvironment } from "../../src/environment.ts";
import { openNotifications } from "../../src/notifications/open-notifications.ts";
import { startTcpProxy } from "../browser/tcp-proxy.ts";
import { createFakeEnvironment } from "../support/fake-environment.ts";
import { connect, reached, startServer } from "../support/node-clients.ts";

const hourMs = 3_600_000;
const inMs = (ms: number): Notice => ({
  type: "test",
  title: `${ms}`,
  expires_at: new Date(Date.now() + ms).toISOString(),
});

/** Time passes as it does, on a clock that is wrong by so much. */
function wrongBy(offset: { ms: number }): Environment {
  return { ...systemEnvironment, now: () => Date.now() + offset.ms };
}

async function fixture(offset: { ms: number }) {
  const server = await startServer();
  const environment = wrongBy(offset);
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const clients = connect({ origin: server.url, cookie, environment });
  const open = () => {
    const centre = openNotifications(clients, { environment });
    onTestFinished(() => centre.close());
    return centre;
  };
  const notify = (ms: number) => server.realtime.notify.user("ada", inMs(ms));
  return { notify, open };
}

describe.each([2, -2])("a clock that is wrong by %i hours", (hours) => {
  it("hides nothing that lasts, and keeps nothing that has expired", async () => {
    const { notify, open } = await fixture({ ms: hours * hourMs });
    await notify(hourMs);
    const centre = open();
    expect(await reached(centre, ({ phase }) => phase === "live")).toMatchObject({
      unread: 1,
      notifications: [{ title: `${hourMs}` }],
    });
    await notify(800);
    await reached(centre, ({ unread }) => unread === 2);
    await reached(centre, ({ unread, notifications }) => unread === 1 && notifications.length === 1);
    expect(centre.get().notifications).toMatchObject([{ title: `${hourMs}` }]);
  });

  it("decides nothing where notifications come over HTTP", async () => {
    const server = await startServer();
    const proxy = await startTcpProxy(() => server.port);
    onTestFinished(() => proxy.close());
    proxy.judge = ({ target }) => (target.startsWith("/socket.io") ? "cut" : "pass");
    const { clock, ...fake } = createFakeEnvironment();
    const environment = { ...fake, now: () => clock.now() + hours * hourMs };
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const clients = connect({ origin: server.url, url: proxy.url, cookie, environment });
    await server.realtime.notify.user("ada", inMs(hourMs));
    const centre = openNotifications(clients, { environment });
    onTestFinished(() => centre.close());
    await reached(clients.state, ({ diagnosis }) => diagnosis !== null);
    await environment.pass(6000);
    await reached(centre, ({ phase }) => phase === "polling");
    await environment.pass(60_000);
    expect(centre.get()).toMatchObject({ phase: "polling", unread: 1, notifications: [{ title: `${hourMs}` }] });
  });

  it("may be set while the page is open", async () => {
    const offset = { ms: 0 };
    const { notify, open } = await fixture(offset);
    await notify(hourMs);
    const centre = open();
    await reached(centre, ({ phase }) => phase === "live");
    await notify(800);
    await reached(centre, ({ unread }) => unread === 2);
    offset.ms = hours * hourMs;
    await reached(centre, ({ unread, notifications }) => unread === 1 && notifications.length === 1);
    expect(centre.get().notifications).toMatchObject([{ title: `${hourMs}` }]);
  });
});
