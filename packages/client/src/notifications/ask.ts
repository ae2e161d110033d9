import type { ClientConfig, UserRequests } from "@signalbox/protocol";
import type { Clients } from "../create-clients.ts";
import { RequestError } from "../link.ts";
import { refusalIn } from "../probe.ts";

type Requests = Pick<
  UserRequests,
  "sync_notifications" | "ack_notifications" | "read_notifications" | "check_connection"
>;

/** Sends a notification request over the socket or over HTTP: the responses are the same. */
export type Ask = <Name extends keyof Requests>(
  event: Name,
  payload: Requests[Name]["payload"],
) => Promise<Requests[Name]["answer"]>;

/** Over the socket. Requests are sent again after an interruption: all of them are idempotent. */
export const overSocket =
  (clients: Clients): Ask =>
  (event, payload) =>
    clients.user().request(event, payload as never, { idempotent: true }) as never;

const prefix = "/realtime/notifications";

/**
 * Over HTTP, for use where no socket can be opened.
 * @throws RequestError with the server's refusal, or `unknown` when no response arrived
 */
export const overHttp =
  ({ http }: Clients): Ask =>
  async (event, payload) => {
    const outcome = await send();
    if (outcome.kind === "failed") throw new RequestError("unknown", "The server did not answer over HTTP.");
    const refusal = refusalIn(outcome.body);
    if (refusal !== undefined) throw new RequestError(refusal.code, refusal.message, refusal);
    return outcome.body as never;

    async function send() {
      if (event === "sync_notifications") return http(queryOf(payload));
      const config = await http("/realtime/client-config");
      // client-config contains the server's time, like the response to check_connection.
      if (event === "check_connection") return config;
      // Without a cookie there is no CSRF token, and none is needed.
      const csrf = config.kind === "json" ? (config.body as Partial<ClientConfig>).csrf : undefined;
      return http(`${prefix}/${event === "ack_notifications" ? "ack" : "read"}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(csrf !== undefined && { "x-csrf-token": csrf }) },
        body: JSON.stringify(payload),
      });
    }
  };

const queryOf = (payload: object): string =>
  `${prefix}?${Object.entries(payload)
    .map(([name, value]) => `${name}=${value}`)
    .join("&")}`;
