/** Hostile cases G: text that attackers write stays text in one line, and creates no series of metrics. */
import { expect } from "vitest";
import type { Attacker } from "./attacker.ts";
import { hostileCase } from "./harness.ts";

/** A new line, a colour, a cleared screen, and an end of JSON. */
const breakOut = '\r\n\u001b[31m\u001b[2J"},{"level":60,"msg":"forged"}';

/** The metrics of Signalbox; Node's own series appear when the collector first runs. */
async function seriesOf({ send }: Attacker): Promise<string[]> {
  const { status, body } = await send("GET", "/metrics");
  expect(status).toBe(200);
  const names = body.split("\n").flatMap((line) => /^[a-z_]+(\{.*\})?(?= )/.exec(line)?.[0] ?? []);
  const own = names.filter((name) => !/^(nodejs|process)_/.test(name));
  expect(own.length).toBeGreaterThan(10);
  return own.sort();
}

hostileCase(
  "the security log is not given to who is no administrator",
  { records: { admin_denied: 1, event_unknown: 1 } },
  async (attack) => {
    const { cookie } = attack.signIn();
    expect(await attack.refusal({ cookie, namespace: "/admin" })).toMatchObject({ code: "forbidden" });
    const client = await attack.connect({ cookie });
    const answer = await client.request("list_security_events", { limit: 10 });
    expect(answer).toMatchObject({ ok: false, error: { code: "event_unknown" } });
    expect(answer).not.toHaveProperty("rows");
  },
);

hostileCase(
  "an event name that would break out of its line is one valid line",
  { records: { event_unknown: 1 } },
  async (attack) => {
    const client = await attack.connect();
    expect(await client.request(breakOut, {})).toMatchObject({ ok: false, error: { code: "event_unknown" } });
    expect(client.socket.connected).toBe(true);
  },
);

hostileCase(
  "an origin and a user agent that would break out of their line are one valid line",
  { records: { origin_refused: 1 } },
  async (attack) => {
    // CR and LF would end the header. The escape is sent in its C1 form, which terminals interpret as well.
    const text = breakOut.replaceAll("\r\n", "").replaceAll("\u001b", "\u009b");
    const { status } = await attack.knock([
      ["Origin", `https://evil.example/${text}`],
      ["User-Agent", text],
    ]);
    expect(status).toBe(403);
  },
);

hostileCase(
  "event names, paths and methods that attackers make up add no series to the metrics",
  { records: { event_unknown: 40 } },
  async (attack) => {
    const client = await attack.connect();
    const probe = async (n: number) => {
      await client.request(`made_up_${n}`, {});
      await attack.send("GET", `/realtime/made-up-${n}`);
      await attack.send(n % 2 === 0 ? "PROPFIND" : "DELETE", `/made-up-${n}`);
    };
    await probe(0);
    await probe(1);
    const before = await seriesOf(attack);
    for (let n = 2; n < 40; n += 1) await probe(n);
    expect(await seriesOf(attack)).toEqual(before);
  },
);
