/** Hostile cases of floods from many addresses: counts stay exact, and the memory for them stays small. */
import { expect } from "vitest";
import { hostileCase } from "./harness.ts";

const knocks = 2000;

hostileCase(
  "refused handshakes from thousands of addresses are counted exactly, in lines that do not grow with them",
  {
    // 200 lines for single addresses, and one for all others, in the one fold that is open all the time.
    records: { origin_refused: { count: knocks, maxLines: 201 } },
    env: { TRUST_PROXY: "loopback" },
    withinMs: 120_000,
  },
  async (attack) => {
    for (let n = 0; n < knocks; n += 50) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          attack.knock([
            ["Origin", "https://evil.example"],
            ["X-Forwarded-For", `10.0.${Math.floor((n + index) / 250)}.${(n + index) % 250}`],
          ]),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(403));
    }
  },
);

hostileCase(
  "a hundred thousand packets in one polling body hold up nobody, and close who sent them",
  // The server handles the burst, then refuses packets until there are more than any client needs.
  { records: { event_unknown: 100, rate_limited: { count: 300, maxLines: 2 } }, over: ["polling"] },
  async (attack) => {
    const raw = await attack.enter();
    raw.send(...Array(100_000).fill('42["x"]'));
    await expect.poll(raw.isOpen).toBe(false);
  },
);

hostileCase("fifty clients that leave in the same moment leave nothing", { records: "nothing" }, async (attack) => {
  const users = Array.from({ length: 50 }, (_, n) => ({ userId: `user-${n}` }));
  const clients = await Promise.all(users.map((as) => attack.connect({ as })));
  for (const client of clients) client.close();
});

hostileCase(
  "of fifty tabs of one user five are let in, and another user is",
  { records: { connection_cap: 45 }, env: { SIGNALBOX_MAX_CONNECTIONS_PER_USER: "5" } },
  async (attack) => {
    const { cookie } = attack.signIn();
    const auth = { csrf: await attack.csrfOf(cookie) };
    const tabs = await Promise.allSettled(Array.from({ length: 50 }, () => attack.connect({ cookie, auth })));
    const refusals = tabs.flatMap((tab) => (tab.status === "rejected" ? tab.reason.data.code : []));
    expect(refusals).toEqual(Array(45).fill("too_many_connections"));
    await attack.connect({ as: { userId: "ada" } });
  },
);
