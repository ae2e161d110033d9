/**
 * Hostile cases F: a client that sends or connects more than is allowed is notified and then closed, and no other
 * client is affected.
 */
import { expect } from "vitest";
import { hostileCase, oneMoment } from "./harness.ts";

hostileCase(
  "of one message more than the burst, the burst is handled and one is refused with the time to wait",
  {
    records: { rate_limited: 1 },
    env: { SIGNALBOX_MESSAGE_BURST: "20", SIGNALBOX_MESSAGE_RATE: "1" },
    clock: oneMoment,
  },
  async (attack) => {
    const client = await attack.connect();
    const requests = Array.from({ length: 21 }, () => client.request("leave_task", { task_id: "x" }));
    const answers = await Promise.all(requests);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(20);
    const refused = answers.filter(({ ok }) => !ok);
    expect(refused).toHaveLength(1);
    expect(refused[0]?.error).toMatchObject({ code: "rate_limited" });
    expect(refused[0]?.error.retry_after_ms).toBeGreaterThan(0);
    expect(client.socket.connected).toBe(true);
  },
);

hostileCase(
  "whoever goes on sending at ten times the message rate is closed",
  { records: "rate_limited" },
  async (attack) => {
    const client = await attack.connect();
    // The default rate is 50 a second.
    const flood = setInterval(() => {
      for (let sent = 0; sent < 50; sent += 1) client.socket.emit("leave_task", { task_id: "x" });
    }, 100);
    await client.disconnected().finally(() => clearInterval(flood));
  },
);

hostileCase(
  "addresses drawn from one /64 share one bucket, and the next /64 has its own",
  {
    // A line names the exact address, so that each address has its own line here; a flood of them is folded.
    records: { rate_limited: { count: 15, maxLines: 15 } },
    env: { SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "5", SIGNALBOX_CONNECT_TIMEOUT: "1", TRUST_PROXY: "loopback" },
    clock: oneMoment,
  },
  async (attack) => {
    const { cookie } = attack.signIn();
    const from = async (ip: string) => {
      const headers = [
        ["Origin", attack.server.url],
        ["Cookie", cookie],
        ["X-Forwarded-For", ip],
      ] as const;
      return (await attack.knock(headers)).status;
    };
    const statuses: number[] = [];
    for (let n = 1; n <= 20; n += 1) statuses.push(await from(`2001:db8:1:2::${n}`));
    expect(statuses.slice(5)).toEqual(Array(15).fill(429));
    expect(statuses.slice(0, 5)).not.toContain(429);
    expect(await from("2001:db8:1:3::1")).not.toBe(429);
  },
);

hostileCase(
  "a hundred connections in a row of one user are limited, and another user of the same address still gets in",
  {
    records: { rate_limited: 40 },
    env: { SIGNALBOX_CONNECT_RATE_PER_USER: "60", SIGNALBOX_MAX_CONNECTIONS_PER_USER: "200" },
    clock: oneMoment,
    withinMs: 120_000,
  },
  async (attack) => {
    const { cookie } = attack.signIn();
    const auth = { csrf: await attack.csrfOf(cookie) };
    const codes: string[] = [];
    for (let n = 0; n < 100; n += 1) {
      try {
        (await attack.connect({ cookie, auth })).close();
      } catch (error) {
        codes.push((error as { data: { code: string } }).data.code);
      }
    }
    expect(codes).toEqual(Array(40).fill("rate_limited"));
    await attack.connect({ as: { userId: "ada" } });
  },
);
