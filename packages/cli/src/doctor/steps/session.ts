import { openTransports } from "../endpoint.ts";
import { fail, pass, skip } from "../finding.ts";
import { refused } from "../refused.ts";
import type { Step } from "../step.ts";
import { visit } from "../visitor.ts";

export const session: Step = {
  title: "Session",
  async run(patient, facts) {
    const { config } = facts;
    const { cookie, token } = patient.credentials;
    const isGiven = cookie !== undefined || token !== undefined;
    if (config?.authenticated) {
      return { findings: [pass(`Signed in as ${config.user?.username} (${config.user?.role}).`)] };
    }
    if (!isGiven) {
      const guests = config?.guests ? "Visitors may connect." : "Visitors may not connect.";
      return { findings: [skip(`No cookie or token was given (--cookie, --token). ${guests}`)] };
    }
    const [transport] = openTransports(facts);
    if (config === undefined || transport === undefined) return { findings: [skip("Not looked at.")] };
    const { refusal } = await visit(patient, config, { transport, namespace: "/" });
    if (refusal !== undefined) return { findings: [refused("The session", refusal)] };
    const fix =
      "Give the cookie by which the application's session is known; what was given means nothing to the server.";
    return { findings: [fail("What was given is no credential that the server knows: it connects as a guest.", fix)] };
  },
};

export const csrf: Step = {
  title: "CSRF",
  async run(patient, facts) {
    const { config } = facts;
    const [transport] = openTransports(facts);
    if (!config?.authenticated || transport === undefined || patient.credentials.cookie === undefined) {
      return { findings: [skip("Needs the cookie of a signed-in user.")] };
    }
    const bare = await visit(patient, config, { transport, namespace: "/" });
    if (bare.isOpen) {
      const fix =
        "Set SOCKETIO_CSRF_PROTECTION=true: without it another site of the same browser can connect as the visitor.";
      return { findings: [fail("A connection with the cookie and without a CSRF token was let in.", fix)] };
    }
    if (bare.refusal !== undefined && bare.refusal.code !== "csrf_invalid") {
      return { findings: [refused("A connection", bare.refusal)] };
    }
    if (config.csrf === undefined) {
      const fix = "Let nothing in front cache or change /realtime/client-config: it is answered anew for each session.";
      return { findings: [fail("client-config names no CSRF token, and none can connect without.", fix)] };
    }
    return { findings: [pass("A connection without the session's CSRF token is refused.")] };
  },
};

export const namespaces: Step = {
  title: "Namespaces",
  async run(patient, facts) {
    const { config } = facts;
    const [transport] = openTransports(facts);
    if (config === undefined || transport === undefined) return { findings: [skip("No transport is open.")] };
    if (!config.authenticated && !config.guests) {
      return { findings: [skip("Needs the session of a user (--cookie, --token).")] };
    }
    const how = { transport, ...(config.csrf !== undefined && { csrf: config.csrf }) };
    const user = await visit(patient, config, { ...how, namespace: "/" });
    if (!user.isOpen) {
      if (user.refusal !== undefined) return { findings: [refused("/", user.refusal)] };
      return { findings: [fail(`/ does not open: ${user.problem}.`, "Look at the server's log.")] };
    }
    const admin = await visit(patient, config, { ...how, namespace: "/admin" });
    const isAdmin = config.user?.role === "admin";
    if (admin.isOpen && !isAdmin) {
      const fix =
        "Look at how the application tells roles: `role` of its session source is more than client-config says.";
      return { findings: [fail("/admin admits a user who is no administrator.", fix)] };
    }
    if (!admin.isOpen && isAdmin && admin.refusal !== undefined)
      return { findings: [refused("/admin", admin.refusal)] };
    return { findings: [pass(isAdmin ? "/ and /admin are open." : "/ is open; /admin refuses, as it should.")] };
  },
};
