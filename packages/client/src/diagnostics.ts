import type { Clients } from "./create-clients.ts";

/** How often the round trip is measured while the details are open. */
const measureMs = 5000;

/**
 * Returns more lines for the details of `<connection-status debug>`: the round trip to the server, the offset between
 * its clock and this device's, and the number of its messages that were dropped. Measures only while the lines are
 * requested.
 */
export function diagnosticsOf(clients: Clients): () => Record<string, string> {
  let roundTrip = "not measured yet";
  let clock = "not known yet";
  let measuredAt = Number.NEGATIVE_INFINITY;

  async function measure(): Promise<void> {
    const asked = Date.now();
    const { server_time } = await clients.user().request("check_connection", {}, { timeoutMs: 2000 });
    const took = Date.now() - asked;
    roundTrip = `${took} ms`;
    clock = `${Math.round(Date.parse(server_time) + took / 2 - Date.now())} ms`;
  }

  return () => {
    if (clients.state.get().status === "connected" && Date.now() - measuredAt >= measureMs) {
      measuredAt = Date.now();
      measure().catch(() => {
        roundTrip = "no answer";
      });
    }
    return {
      "Round trip": roundTrip,
      "Server's clock ahead by": clock,
      "Malformed messages": String(clients.malformedMessages()),
    };
  };
}
