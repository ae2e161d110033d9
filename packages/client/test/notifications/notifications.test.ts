/** Notifications in the page: each once and in order, over interruptions and in all tabs, over both transports. */
import type { Notice, Notification, NotificationEvents } from "@signalbox/protocol";
import { createMemoryStore } from "@signalbox/server";
import type { TestServer } from "@signalbox/server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { openNotifications } from "../../src/notifications/open-notifications.ts";
import { createFakeEnvironment } from "../support/fake-environment.ts";
import { type ConnectOptions, connect, reached, startServer, until } from "../support/node-clients.ts";

const transports = ["polling", "websocket"] as const;

const note = (title: string, more: Partial<Notice> = {}): Notice => ({ type: "test", title, ...more });

function open(
  server: TestServer,
  options: Partial<ConnectOptions> = {},
  own: Parameters<typeof openNotifications>[1] = {},
) {
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const clients = connect({ origin: server.url, cookie, ...options });
  const centre = openNotifications(clients, own);
  onTestFinished(() => centre.close());
  const told: string[] = [];
  centre.onArrived(({ title }) => void told.push(title));
  return { clients, centre, told, live: () => reached(centre, ({ phase }) => phase === "live") };
}

const titles = (notifications: readonly Notification[]): string[] => notifications.map(({ title }) => title);

describe.each(transports)("over %s", (transport) => {
  const start = () => startServer({ env: { SOCKETIO_TRANSPORTS: transport } });

  it("notifications from before and after connecting are delivered once, in order, and acknowledged automatically", async () => {
    const server = await start();
    const { notify } = server.realtime;
    await notify.user("ada", note("one"));
    await notify.user("ada", note("two"));
    const { centre, told, live } = open(server);
    await live();
    expect(told).toEqual(["one", "two"]);
    await notify.everyone(note("three"));
    const state = await reached(centre, ({ acknowledged_seq }) => acknowledged_seq === 3);
    expect(titles(state.notifications)).toEqual(["three", "two", "one"]);
    expect(state).toMatchObject({ phase: "live", unread: 3, latest_seq: 3, read_seq: 0 });
    expect(told).toEqual(["one", "two", "three"]);

    const later = open(server);
    await later.live();
    expect(titles(later.centre.get().notifications)).toEqual(["three", "two", "one"]);
    expect(later.told).toEqual([]);
  });

  it("notifications that came during an interruption are delivered once, and none is delivered again", async () => {
    const server = await start();
    const { notify, io } = server.realtime;
    await notify.user("ada", note("before"));
    const { centre, told, live } = open(server);
    await live();
    for (const round of [1, 2, 3]) {
      io.of("/").disconnectSockets(true);
      await reached(centre, ({ phase }) => phase === "stale");
      await notify.user("ada", note(`away ${round}`));
      await live();
      await notify.user("ada", note(`back ${round}`));
      await until(() => told.includes(`back ${round}`));
    }
    expect(told).toEqual(["before", ...[1, 2, 3].flatMap((round) => [`away ${round}`, `back ${round}`])]);
  });

  it("a notification that is created while the list is read is delivered, though the answer does not hold it", async () => {
    const store = createMemoryStore({ maxSecurityEvents: 100 });
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let reads = 0;
    const slow: typeof store.notifications = {
      ...store.notifications,
      async read(reader, query) {
        const page = await store.notifications.read(reader, query);
        // Only clients ask for so many, and the answer to the first waits.
        if (query.limit === 500) reads += 1;
        if (query.limit === 500 && reads === 1) await released;
        return page;
      },
    };
    const env = { SOCKETIO_TRANSPORTS: transport };
    const server = await startServer({ env, store: { ...store, notifications: slow } });
    const { clients, told, live } = open(server);
    let hasArrived = false;
    clients.namespace<object, NotificationEvents>("/").on("notification", () => {
      hasArrived = true;
    });
    await until(() => reads === 1);
    await server.realtime.notify.user("ada", note("meanwhile"));
    await until(() => hasArrived);
    release();
    await live();
    await until(() => told.includes("meanwhile"));
    expect(told).toEqual(["meanwhile"]);
    expect(reads).toBe(2);
  });

  it("the tabs of a user show the same state within two seconds", async () => {
    const server = await start();
    const [first, second] = [open(server), open(server)];
    await Promise.all([first.live(), second.live()]);
    await server.realtime.notify.user("ada", note("one"));
    await server.realtime.notify.user("ada", note("two"));
    const unread = (count: number) => (state: { unread: number; latest_seq: number }) =>
      state.unread === count && state.latest_seq === 2;
    await Promise.all([first, second].map(({ centre }) => reached(centre, unread(2))));
    await first.centre.markRead(2);
    await reached(second.centre, unread(0));
    expect(second.centre.get()).toEqual(first.centre.get());
  });
});

describe("a notification that a person has to acknowledge", () => {
  it("holds back automatic acknowledging and reading until a person acknowledges it", async () => {
    const server = await startServer();
    const { notify } = server.realtime;
    const { centre, live } = open(server);
    await live();
    await notify.user("ada", note("one"));
    await notify.user("ada", note("sign here", { requires_ack: true }));
    await notify.user("ada", note("three"));
    await reached(centre, ({ acknowledged_seq, latest_seq }) => acknowledged_seq === 1 && latest_seq === 3);
    await centre.markRead(3);
    expect(centre.get()).toMatchObject({ acknowledged_seq: 1, read_seq: 1, unread: 2 });
    await centre.acknowledge(2);
    await reached(centre, ({ acknowledged_seq }) => acknowledged_seq === 3);
    await centre.markRead(3);
    expect(centre.get()).toMatchObject({ read_seq: 3, unread: 0 });
  });

  it("stays in the list, and is delivered to each page, however many come after it", async () => {
    const server = await startServer({ env: { SIGNALBOX_MESSAGE_RATE: "1000", SIGNALBOX_MESSAGE_BURST: "1000" } });
    const { notify } = server.realtime;
    await notify.user("ada", note("sign here", { requires_ack: true }));
    for (let count = 0; count < 80; count += 1) await notify.user("ada", note(`note ${count}`));
    const { centre, told, live } = open(server);
    await live();
    const { notifications } = centre.get();
    expect(notifications).toHaveLength(51);
    expect(notifications.at(-1)?.title).toBe("sign here");
    expect(told[0]).toBe("sign here");
    expect(told).toHaveLength(81);
  });
});

it("an expired notification leaves the list and the count, and does not disturb the ones after it", async () => {
  const server = await startServer();
  const { notify } = server.realtime;
  const { centre, told, live } = open(server);
  await live();
  await notify.user("ada", note("soon over", { expires_at: new Date(Date.now() + 800).toISOString() }));
  await reached(centre, ({ unread }) => unread === 1);
  await reached(centre, ({ unread, notifications }) => unread === 0 && notifications.length === 0);
  await notify.user("ada", note("next"));
  await reached(centre, ({ unread }) => unread === 1);
  expect(told).toEqual(["soon over", "next"]);
});

it("the client fetches a notification whose number was skipped, and keeps the order", async () => {
  const server = await startServer();
  const { centre, told, live, clients } = open(server);
  await live();
  const { notify } = server.realtime;
  const [first, second] = ["first", "second"];
  await notify.user("ada", note(first));
  await until(() => told.length === 1);
  // As if the live delivery of one had been lost: its number is passed over by the next.
  const inside = server.realtime.io.of("/");
  await notify.user("bob", note("for somebody else"));
  const ahead = { ...centre.get().notifications[0], seq: 3, title: "third" };
  await notify.user("ada", note(second));
  inside.emit("notification", ahead);
  await until(() => told.includes(second));
  expect(told.slice(0, 2)).toEqual([first, second]);
  expect(clients.state.get().status).toBe("connected");
});

it("the client acknowledges nothing for the next user that the previous one received", async () => {
  const server = await startServer();
  for (const userId of ["ada", "bob"]) await server.realtime.notify.user(userId, note(`for ${userId}`));
  const headers: Record<string, string> = { origin: server.url };
  Object.assign(headers, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
  const environment = createFakeEnvironment();
  const { clients, told } = open(server, { headers }, { environment });
  await until(() => told.includes("for ada"));
  // The time of the acknowledgement comes when the next connection is there, and the server has not said whose it is.
  clients.user().onStatus(({ status }) => {
    if (status === "open") environment.clock.advance(1000);
  });
  Object.assign(headers, { cookie: server.sessions.signIn({ userId: "bob" }).cookie });
  clients.sessionChanged();
  await until(() => told.includes("for bob"));
  expect(told).toEqual(["for ada", "for bob"]);
});

it("the client shows nothing of one user to the next, and nothing when no user is signed in", async () => {
  const server = await startServer();
  const { notify } = server.realtime;
  await notify.user("ada", note("for ada"));
  await notify.user("bob", note("for bob"));
  const headers: Record<string, string> = { origin: server.url };
  const { clients, centre, told } = open(server, { headers });
  await reached(centre, ({ phase }) => phase === "refused");
  for (const userId of ["ada", "bob"]) {
    Object.assign(headers, { cookie: server.sessions.signIn({ userId }).cookie });
    clients.sessionChanged();
    const isTheirs = ({ notifications }: { notifications: readonly Notification[] }) =>
      titles(notifications).join() === `for ${userId}`;
    await reached(centre, isTheirs);
  }
  expect(told).toEqual(["for ada", "for bob"]);
  delete headers.cookie;
  server.sessions.end({ userId: "bob" }, "signed_out");
  const state = await reached(centre, ({ phase }) => phase === "refused");
  expect(state).toMatchObject({ notifications: [], unread: 0 });
});
