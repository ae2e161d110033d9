import { openTransports } from "../endpoint.ts";
import { fail, pass, skip, warn } from "../finding.ts";
import type { Step } from "../step.ts";
import { visit } from "../visitor.ts";

const samples = 5;
const slowMs = 500;
/** Expiry and displayed times are wrong by the same amount. */
const skewMs = 5000;

export const roundTrip: Step = {
  title: "Round trip",
  async run(patient, facts) {
    const { config } = facts;
    const [transport] = openTransports(facts);
    if (config === undefined || transport === undefined) return { findings: [skip("No transport is open.")] };
    if (!config.authenticated && !config.guests) return { findings: [skip("Looked at with a session.")] };
    const how = { transport, namespace: "/", pings: samples, ...(config.csrf !== undefined && { csrf: config.csrf }) };
    const { isOpen, roundTripsMs } = await visit(patient, config, how);
    if (!isOpen || roundTripsMs.length === 0) return { findings: [skip("No connection to measure on.")] };
    const median = roundTripsMs.toSorted((a, b) => a - b)[Math.floor(roundTripsMs.length / 2)] ?? 0;
    const says = `${median.toFixed(1)} ms over ${transport} (median of ${roundTripsMs.length}).`;
    const fix = "Look at the distance, at proxies in between, and at the server's event loop lag (/metrics).";
    return { findings: [median > slowMs ? warn(says, fix) : pass(says)] };
  },
};

export const clock: Step = {
  title: "Clock",
  async run({ http }) {
    const askedAt = Date.now();
    const { body, tookMs } = await http.ask({ path: "realtime/client-config" });
    const { server_time } = JSON.parse(body) as { server_time: string };
    const ahead = Math.round(Date.parse(server_time) - askedAt - tookMs / 2);
    const says = `The server's clock is ${Math.abs(ahead)} ms ${ahead < 0 ? "behind" : "ahead of"} this machine's.`;
    if (Math.abs(ahead) <= skewMs) return { findings: [pass(says)] };
    const fix =
      "Let both keep time by NTP (timedatectl set-ntp true): sessions end and times are shown by the server's clock.";
    return { findings: [fail(says, fix)] };
  },
};
