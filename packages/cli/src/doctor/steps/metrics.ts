import { fail, pass } from "../finding.ts";
import type { Step } from "../step.ts";
import { hostOf } from "./network.ts";

/** Matches the names of Signalbox's own series. */
const series = /^signalbox_\w+/m;

/** Whether any client that knows the address can read the activity of the server. */
export const metrics: Step = {
  title: "Metrics",
  async run({ url, http }) {
    const { status, body } = await http.ask({ path: "metrics" });
    if (status !== 200 || !series.test(body)) {
      return { findings: [pass(`They are not given to this client (${status}).`)] };
    }
    if (/^(localhost$|127\.|::1$)/.test(hostOf(url))) {
      return { findings: [pass("They are given to this machine without a token, as outside production.")] };
    }
    const fix =
      "Set NODE_ENV=production and SIGNALBOX_METRICS_TOKEN, or let the proxy refuse /metrics: to the server, a proxy on the same machine is the same machine.";
    return { findings: [fail("They are public: /metrics answers without a token.", fix)] };
  },
};
