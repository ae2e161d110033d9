import { fail, pass, warn } from "../finding.ts";
import { refusalOf } from "../http-client.ts";
import type { Step } from "../step.ts";

/** The first request that a browser sends for a page of another origin (Fetch Standard, "CORS-preflight fetch"). */
export const preflight: Step = {
  title: "Origin",
  async run({ http, origin }) {
    const answer = await http.ask({
      method: "OPTIONS",
      path: "realtime/client-config",
      headers: { "access-control-request-method": "GET", "access-control-request-headers": "x-csrf-token" },
    });
    const { "access-control-allow-origin": allowed, "access-control-allow-credentials": credentials } = answer.headers;
    const refusal = refusalOf(answer);
    if (refusal?.code === "origin_refused") {
      const fix = `Set PUBLIC_URL=${origin}, or name ${origin} in SOCKETIO_CORS_ORIGINS. \`npx @signalbox/cli explain-origin ${origin}\` prints the rule that decides.${refusal.hint === undefined ? "" : ` The server says: ${refusal.hint}`}`;
      return { findings: [fail(`Pages of ${origin} may not connect.`, fix)], isLast: true };
    }
    if (answer.status !== 204 || allowed === undefined) {
      const fix =
        "Let the proxy pass OPTIONS requests on, and neither answer them itself nor take Access-Control headers away.";
      return {
        findings: [fail(`A preflight of ${origin} is answered with ${answer.status}, and not by Signalbox.`, fix)],
      };
    }
    if (allowed !== origin) {
      const fix =
        "Something in front sets Access-Control-Allow-Origin itself: take that out, the server's own policy is enough.";
      return { findings: [fail(`A preflight of ${origin} is answered for ${allowed}.`, fix)] };
    }
    if (credentials !== "true") {
      const fix = "Set SOCKETIO_CORS_CREDENTIALS=true where pages of other origins sign in with a cookie.";
      return { findings: [warn(`Pages of ${origin} may connect, without cookies.`, fix)] };
    }
    return { findings: [pass(`Pages of ${origin} may connect.`)] };
  },
};
