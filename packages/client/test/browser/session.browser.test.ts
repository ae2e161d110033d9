import type { SessionEndReason } from "@signalbox/protocol";
import { describe, expect } from "vitest";
import { eventually, handshakesOf, over, requestsOf, signIn, test, transports } from "./tab.ts";

const minuteMs = 60_000;

const forbidden = { status: "refused", diagnosis: { code: "forbidden" } };

describe.concurrent.each(transports)("sessions, over %s", (transport) => {
  test("a visitor who never signed in is asked to, costs no handshake, and is connected after signing in", async ({
    openSite,
    openTab,
  }) => {
    const site = await openSite(over(transport));
    const tab = await openTab(site, { ownClock: true });
    await tab.shows("not_signed_in");
    expect(await tab.state()).toMatchObject({ status: "auth_required", nextAttemptAt: null, attempt: 1 });

    await tab.passTime(minuteMs);
    expect(requestsOf(site).length).toBeLessThanOrEqual(3);
    expect(handshakesOf(site)).toHaveLength(0);

    await signIn(tab.context, site, "ada");
    await tab.page.evaluate(() => window.clients.sessionChanged());
    await tab.isConnected();
  });

  test.for<[string, SessionEndReason]>([
    ["logs out", "signed_out"],
    ["is banned", "banned"],
  ])(
    "a user who %s sees that the session has ended, and the client makes no storm of requests",
    async ([, reason], { openSite, openTab }) => {
      const site = await openSite(over(transport));
      const tab = await openTab(site, { userId: "ada", ownClock: true });
      await tab.isConnected();

      const before = requestsOf(site).length;
      const handshakesBefore = handshakesOf(site).length;
      site.sessions.end({ userId: "ada" }, reason);
      await tab.shows("session_ended");
      expect(await tab.state()).toMatchObject({ status: "auth_required", nextAttemptAt: null });
      await tab.passTime(minuteMs);
      expect(await tab.codes()).toEqual(["session_ended"]);
      expect(requestsOf(site).length - before).toBeLessThanOrEqual(4);
      expect(handshakesOf(site).length - handshakesBefore).toBe(0);

      await signIn(tab.context, site, "ada");
      await tab.passTime(minuteMs / 2);
      await tab.isConnected();
    },
  );

  test("a user on /admin sees that it is not for them, without a handshake and without a storm of requests", async ({
    openSite,
    openTab,
  }) => {
    const site = await openSite(over(transport));
    const tab = await openTab(site, { userId: "ada", ownClock: true, query: { namespaces: "admin" } });
    await tab.shows("forbidden");
    expect(await tab.state()).toMatchObject({ status: "refused", nextAttemptAt: null, attempt: 1 });
    await tab.passTime(minuteMs);
    expect(requestsOf(site).length).toBeLessThanOrEqual(3);
    expect(handshakesOf(site)).toHaveLength(0);

    site.sessions.setRole("ada", "admin");
    await tab.page.evaluate(() => window.clients.sessionChanged());
    await tab.isConnected();
  });

  test("a refused /admin leaves the connection of / as it is", async ({ openSite, openTab }) => {
    const site = await openSite(over(transport));
    const tab = await openTab(site, { userId: "ada", query: { namespaces: "user,admin" } });
    await tab.isConnected();
    const admin = () => tab.page.evaluate(() => window.clients.admin().status());
    await eventually(async () => expect(await admin()).toMatchObject(forbidden));
    expect(await tab.state()).toMatchObject({ status: "connected", diagnosis: null });
    expect(handshakesOf(site)).toHaveLength(1);
  });

  test("an administrator who becomes a user loses /admin and keeps /", async ({ openSite, openTab }) => {
    const site = await openSite(over(transport));
    const tab = await openTab(site, { userId: "ada", role: "admin", query: { namespaces: "user,admin" } });
    await tab.isConnected();
    const admin = () => tab.page.evaluate(() => window.clients.admin().status());
    await eventually(async () => expect(await admin()).toMatchObject({ status: "open" }));

    site.sessions.setRole("ada", "user");
    await eventually(async () => expect(await admin()).toMatchObject(forbidden));
    await tab.isConnected();
    expect(await tab.codes()).toEqual([]);
    expect(handshakesOf(site)).toHaveLength(1);
  });
});
