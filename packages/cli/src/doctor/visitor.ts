import type { ClientConfig, RefusalMessage } from "@signalbox/protocol";
import { io } from "socket.io-client";
import { endpointOf } from "./endpoint.ts";
import type { Patient } from "./step.ts";

interface Visit {
  readonly transport: "polling" | "websocket";
  readonly namespace: string;
  readonly csrf?: string;
  /** Number of round trips to measure once it is open. */
  readonly pings?: number;
}

export interface Visited {
  readonly isOpen: boolean;
  /** Why the server refused, in its own words. */
  readonly refusal: RefusalMessage | undefined;
  /** Why the connection failed, where the server gave no reason. */
  readonly problem: string | undefined;
  readonly roundTripsMs: readonly number[];
}

const timeoutMs = 10_000;

/** Connects to a namespace as any Socket.IO client does, and disconnects again. */
export async function visit(patient: Patient, config: ClientConfig, how: Visit): Promise<Visited> {
  const { url, origin, credentials, http, ca } = patient;
  const cookie = http.cookie();
  const socket = io(`${url.origin}${how.namespace}`, {
    ...{ path: endpointOf(url, config), transports: [how.transport], forceNew: true, reconnection: false },
    timeout: timeoutMs,
    extraHeaders: { origin, ...(cookie !== undefined && { cookie }) },
    auth: {
      ...(how.csrf !== undefined && { csrf: how.csrf }),
      ...(credentials.token !== undefined && { token: credentials.token }),
      client: { name: "signalbox-doctor", version: config.version },
    },
    ...(ca !== undefined && { ca }),
  });
  try {
    const error = await new Promise<(Error & { data?: { code?: unknown } }) | undefined>((resolve) => {
      // Not the namespace's connect event: a connection that is refused right after it was never open.
      socket.once("connection_established", () => resolve(undefined));
      socket.once("connect_error", resolve);
      setTimeout(() => resolve(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs).unref();
    });
    if (error !== undefined) {
      const refusal = typeof error.data?.code === "string" ? (error.data as RefusalMessage) : undefined;
      return { isOpen: false, refusal, problem: error.message, roundTripsMs: [] };
    }
    const roundTripsMs: number[] = [];
    for (let ping = 0; ping < (how.pings ?? 0); ping += 1) {
      const askedAt = performance.now();
      await socket.timeout(timeoutMs).emitWithAck("check_connection", {});
      roundTripsMs.push(performance.now() - askedAt);
    }
    return { isOpen: true, refusal: undefined, problem: undefined, roundTripsMs };
  } finally {
    socket.disconnect();
  }
}
