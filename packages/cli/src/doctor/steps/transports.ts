import type { ClientConfig } from "@signalbox/protocol";
import { endpointOf } from "../endpoint.ts";
import { fail, pass, skip, warn } from "../finding.ts";
import { type Answer, type HttpClient, jsonOf, refusalOf } from "../http-client.ts";
import { refused } from "../refused.ts";
import type { Patient, Step } from "../step.ts";

/** The settings that the server sends to clients; all later steps depend on them. */
export const clientConfig: Step = {
  title: "Settings",
  async run({ http }) {
    const answer = await http.ask({ path: "realtime/client-config" });
    const config = jsonOf(answer) as ClientConfig | undefined;
    const refusal = refusalOf(answer);
    if (refusal !== undefined) return { findings: [refused("client-config", refusal)], isLast: true };
    if (!Array.isArray(config?.transports)) {
      const fix = "Something in front answers in the server's place: let it pass /realtime/ on unchanged.";
      return { findings: [fail(`client-config is answered with ${answer.status}, and is none.`, fix)], isLast: true };
    }
    const says = `Signalbox ${config.version} on ${config.path}, transports ${config.transports.join(", ")}.`;
    return { findings: [pass(says)], facts: { config } };
  },
};

/** Opens a new connection over polling and returns its `sid`. */
async function openPolling({ http }: Patient, endpoint: string): Promise<{ answer: Answer; sid: string | undefined }> {
  const answer = await http.ask({ path: `${endpoint}?EIO=4&transport=polling` });
  const [, sid] = /^0\{.*"sid":"([^"]+)"/.exec(answer.body) ?? [];
  return { answer, sid };
}

const close = (http: HttpClient, endpoint: string, sid: string): Promise<unknown> =>
  http
    .ask({ method: "POST", path: `${endpoint}?EIO=4&transport=polling&sid=${sid}`, body: "1" })
    .catch(() => undefined);

export const polling: Step = {
  title: "Polling",
  async run(patient, { config }) {
    if (!config?.transports.includes("polling")) {
      return { findings: [skip("Not among SOCKETIO_TRANSPORTS: where WebSocket is blocked, no client connects.")] };
    }
    const endpoint = endpointOf(patient.url, config);
    const { answer, sid } = await openPolling(patient, endpoint);
    const refusal = refusalOf(answer);
    if (sid !== undefined) {
      await close(patient.http, endpoint, sid);
      return { findings: [pass(`A connection opens in ${answer.tookMs.toFixed(0)} ms.`)], facts: { polls: true } };
    }
    if (refusal !== undefined) return { findings: [refused("A new connection", refusal)], isLast: true };
    const fix = `Let the proxy pass ${config.path} on to the server, or set SOCKETIO_PATH to where it does.`;
    return {
      findings: [fail(`${config.path} is answered with ${answer.status}, and not by Socket.IO.`, fix)],
      isLast: true,
    };
  },
};

/**
 * Number of connections, and of requests on each. With two nodes in round-robin, all reach the right node by chance
 * once in 64.
 */
const connections = 2;
const requestsOfEach = 3;

/** Whether later requests of a connection reach the node that knows it. */
export const stickiness: Step = {
  title: "Stickiness",
  async run(patient, { config, polls }) {
    if (config === undefined || !polls) return { findings: [skip("Needed for polling only.")] };
    const endpoint = endpointOf(patient.url, config);
    let lost = 0;
    for (let connection = 0; connection < connections; connection += 1) {
      const { answer, sid } = await openPolling(patient, endpoint);
      const refusal = refusalOf(answer);
      if (refusal !== undefined) return { findings: [refused("A new connection", refusal)], isLast: true };
      if (sid === undefined) continue;
      for (let request = 0; request < requestsOfEach; request += 1) {
        // A pong: clients send it all the time, and it has no effect.
        const path = `${endpoint}?EIO=4&transport=polling&sid=${sid}`;
        const { status, body } = await patient.http.ask({ method: "POST", path, body: "3" });
        if (status === 400 && body.includes("Session ID unknown")) lost += 1;
      }
      await close(patient.http, endpoint, sid);
    }
    if (lost === 0) return { findings: [pass("Every request of a connection reaches the node that knows it.")] };
    const fix =
      "Make sessions sticky at the load balancer (deploy/nginx/upstream-by-cookie.conf or upstream-by-address.conf), or do without polling: SOCKETIO_TRANSPORTS=websocket.";
    const says = `${lost} of ${connections * requestsOfEach} requests reached a node that does not know their connection.`;
    return { findings: [fail(says, fix)] };
  },
};

export const upgrade: Step = {
  title: "WebSocket",
  async run(patient, { config }) {
    if (config === undefined) return { findings: [skip("Not looked at.")] };
    if (!config.transports.includes("websocket")) {
      const fix =
        "Set SOCKETIO_TRANSPORTS=polling,websocket: polling costs several requests where WebSocket sends a frame.";
      return { findings: [warn("The server offers polling only.", fix)] };
    }
    const answer = await patient.http.ask({
      path: `${endpointOf(patient.url, config)}?EIO=4&transport=websocket`,
      // RFC 6455 section 4.1.
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64"),
      },
    });
    if (answer.status === 101) {
      return { findings: [pass(`The upgrade succeeds in ${answer.tookMs.toFixed(0)} ms.`)], facts: { upgrades: true } };
    }
    const refusal = refusalOf(answer);
    if (refusal !== undefined && refusal.category !== "request") {
      return { findings: [refused("The upgrade", refusal)], isLast: true };
    }
    const fix =
      "Let the proxy pass the upgrade on: HTTP/1.1 to the server with the headers Upgrade and Connection (deploy/nginx/proxy.inc and upgrade-map.conf). Until then everything runs on polling.";
    return {
      findings: [fail(`The upgrade is answered with ${answer.status}: a proxy takes the Upgrade header away.`, fix)],
    };
  },
};
