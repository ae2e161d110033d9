import { describe, expect } from "vitest";
import type { DiagnosisCode } from "../../src/index.ts";
import { eventually, handshakesOf, over, test, transports } from "./tab.ts";

const limits: readonly [limit: string, code: DiagnosisCode, env: Record<string, string>, secondUser: string][] = [
  ["the rate of an address", "rate_limited", { SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "1" }, "grace"],
  ["the rate of a user", "rate_limited", { SIGNALBOX_CONNECT_RATE_PER_USER: "1" }, "ada"],
  ["the connections of a user", "too_many_connections", { SIGNALBOX_MAX_CONNECTIONS_PER_USER: "1" }, "ada"],
  ["the capacity of the server", "server_full", { SOCKETIO_MAX_CONNECTIONS: "1" }, "grace"],
];

describe.concurrent.each(transports)("limits, over %s", (transport) => {
  test.for(limits)(
    "a client beyond %s reports %s: it tries nothing before the time that the server names, then once",
    async ([, code, env, secondUser], { openSite, openTab }) => {
      const site = await openSite({ ...over(transport), ...env });
      const first = await openTab(site, { userId: "ada" });
      await first.isConnected();

      const before = handshakesOf(site).length;
      const tab = await openTab(site, { userId: secondUser, ownClock: true });
      await tab.shows(code);
      const { status, diagnosis, nextAttemptAt, attempt, since } = await tab.state();
      expect({ status, attempt }).toEqual({ status: "reconnecting", attempt: 1 });
      expect(diagnosis?.retryAfterMs).toBeGreaterThan(4000);
      expect(nextAttemptAt).toBeGreaterThanOrEqual(since + (diagnosis?.retryAfterMs ?? 0));
      expect(handshakesOf(site).length - before).toBe(1);

      await tab.timeReaches((nextAttemptAt ?? 0) - 4000);
      // From here on the page's clock stands still between two looks, however long they take.
      await tab.page.clock.pauseAt((nextAttemptAt ?? 0) - 1500);
      expect(handshakesOf(site).length - before).toBe(1);
      if (code !== "rate_limited") {
        await first.page.close();
        // The server hears of it a moment later, and the page's clock is faster than that.
        await eventually(() => expect(site.connections()).toBe(0));
      }
      await tab.timeReaches((nextAttemptAt ?? 0) + 500);
      await tab.page.clock.resume();
      if (code !== "rate_limited") await tab.isConnected();
      await eventually(() => expect(handshakesOf(site).length - before).toBe(2));
      expect(await tab.codes()).toEqual([code]);
    },
  );
});
