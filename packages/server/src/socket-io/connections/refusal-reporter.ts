import type { IncomingMessage } from "node:http";
import { type SecurityEventType, userRoom } from "@signalbox/protocol";
import type { Socket as EngineSocket } from "engine.io";
import type { Config } from "../../config/settings.ts";
import type { Refusal } from "../../core/refusal.ts";
import { unknownAddress } from "../../http/client-address.ts";
import type { Limits } from "../../limits/module.ts";
import { guestSubject, limitSubject, subjectOfKey } from "../../limits/subject.ts";
import type { Metrics } from "../../observability/metrics.ts";
import { securityTypeOf } from "../../security-log/refusal-events.ts";
import type { SecurityLog } from "../../security-log/security-log.ts";
import type { RealtimeSocket } from "../socket.ts";
import type { ConnectionContexts } from "./connection-context.ts";

interface RefusalReporterOptions {
  readonly config: Pick<Config, "penalties" | "corsReportOnly">;
  readonly securityLog: SecurityLog;
  readonly metrics: Pick<Metrics, "refused">;
  readonly limits: Pick<Limits, "offend" | "announce">;
  readonly contexts: Pick<ConnectionContexts, "of">;
  clientAddress(req: IncomingMessage): string;
  requestId(req: IncomingMessage): string;
}

/**
 * Records refusals of every layer: once in the metrics and, if they are offences, in the security log. Repeated
 * offences cause a block.
 */
export interface RefusalReporter {
  /** A refusal of an HTTP request, polling call or upgrade; `type` where the code alone does not say what it was. */
  http(req: IncomingMessage, refusal: Refusal, type?: SecurityEventType): void;
  /** A refusal of what a connection does, before or outside any namespace. */
  connection(conn: EngineSocket, refusal: Refusal): void;
  /** A refusal at a namespace (`event` is null) or of an event. */
  socket(socket: RealtimeSocket, refusal: Refusal, event: string | null): void;
}

type Offence = Parameters<SecurityLog["record"]>[0];

export function createRefusalReporter(options: RefusalReporterOptions): RefusalReporter {
  const { config, securityLog, metrics, limits, contexts } = options;

  function record(
    refusal: Refusal,
    type: SecurityEventType | undefined,
    where: Omit<Offence, "type" | "detail">,
    subject = guestSubject(where.ip),
  ): void {
    metrics.refused(refusal.code);
    if (type === undefined) return;
    securityLog.record({ type, code: refusal.code, detail: refusal.hint ?? refusal.message, ...where });
    // A session that has ended, or never existed, is what every old tab presents.
    if (refusal.code.startsWith("session_")) return;
    // All clients whose address is unknown would be blocked together, for the offence of one of them.
    if (subject === guestSubject(unknownAddress)) return;
    // In report-only mode the request was accepted.
    if (!config.penalties || (config.corsReportOnly && type === "origin_refused")) return;
    const block = limits.offend(subject, type);
    if (block === undefined) return;
    const detail = `Kept out for ${(block.until - block.since) / 1000} s after repeated offences, the last of them ${type}.`;
    const offender = subjectOfKey(subject);
    const userId = offender.subject === "user" ? offender.id : undefined;
    securityLog.record({ type: "blocked", detail, ip: where.ip, userId, requestId: where.requestId });
    limits.announce(block);
  }

  return {
    http(req, refusal, type = securityTypeOf(refusal.code)) {
      record(refusal, type, {
        ip: options.clientAddress(req),
        origin: req.headers.origin,
        requestId: options.requestId(req),
      });
    },
    connection(conn, refusal) {
      const { ip, origin, requestId, userId } = contexts.of(conn);
      const subject = userId === undefined ? guestSubject(ip) : userRoom(userId);
      record(refusal, securityTypeOf(refusal.code), { ip, origin, requestId }, subject);
    },
    socket(socket, refusal, event) {
      // A client that sends a request and disconnects without waiting for the answer, as every closed page does,
      // commits no offence, and no client receives the refusal.
      if (event !== null && refusal.code === "session_revoked" && !socket.connected) return;
      const { ip, requestId } = contexts.of(socket.conn);
      const { principal } = socket.data as Partial<RealtimeSocket["data"]>;
      const where = { ip, requestId, userId: principal?.userId, namespace: socket.nsp.name, event: event ?? undefined };
      record(refusal, securityTypeOf(refusal.code), where, principal && limitSubject(principal, ip));
    },
  };
}
