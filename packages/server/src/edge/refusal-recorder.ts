import type { IncomingMessage } from "node:http";
import type { SecurityEventType } from "@signalbox/protocol";
import type { Metrics } from "../metrics/metrics.ts";
import type { Refusal } from "../refusal.ts";
import { securityTypeOf } from "../security/refusal-events.ts";
import type { SecurityLog } from "../security/security-log.ts";
import type { RealtimeSocket } from "./socket.ts";

interface RefusalRecorderOptions {
  readonly securityLog: SecurityLog;
  readonly metrics: Metrics;
  clientAddress(req: IncomingMessage): string;
  requestId(req: IncomingMessage): string;
}

/** Writes refusals down, wherever they were made: once in the metrics and, if they are offences, in the security log. */
export interface RefusalRecorder {
  /**
   * A refusal of an HTTP request, polling call or upgrade, or of what a connection does, by the request that opened it;
   * `type` where
   * the code alone does not say what it was.
   */
  http(req: IncomingMessage, refusal: Refusal, type?: SecurityEventType): void;
  /** A refusal at a namespace (`event` is null) or of an event. */
  socket(socket: RealtimeSocket, refusal: Refusal, event: string | null): void;
}

export function createRefusalRecorder({
  securityLog,
  metrics,
  clientAddress,
  requestId,
}: RefusalRecorderOptions): RefusalRecorder {
  return {
    http(req, refusal, type = securityTypeOf(refusal.code)) {
      metrics.refused(refusal.code);
      if (type === undefined) return;
      securityLog.record({
        type,
        ip: clientAddress(req),
        origin: req.headers.origin,
        code: refusal.code,
        detail: refusal.hint ?? refusal.message,
        requestId: requestId(req),
      });
    },

    socket(socket, refusal, event) {
      metrics.refused(refusal.code);
      const type = securityTypeOf(refusal.code);
      if (type === undefined) return;
      const { principal } = socket.data as Partial<RealtimeSocket["data"]>;
      securityLog.record({
        type,
        ip: clientAddress(socket.request),
        userId: principal?.userId,
        namespace: socket.nsp.name,
        event: event ?? undefined,
        code: refusal.code,
        detail: refusal.hint ?? refusal.message,
        requestId: requestId(socket.request),
      });
    },
  };
}
