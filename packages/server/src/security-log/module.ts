import type { SecurityEvent } from "@signalbox/protocol";
import type { AppContext } from "../app/app-context.ts";
import { defineTopic } from "../core/message-bus.ts";
import { createSecurityLog, type SecurityLog } from "./security-log.ts";

/** An event of the security log. Published when it first occurs, and again when its count is complete. */
export const securityEvents = defineTopic<SecurityEvent>("security_event");

export function createSecurityLogModule({
  config,
  store,
  clock,
  log,
  bus,
  metrics,
  lifecycle,
}: AppContext): SecurityLog {
  const securityLog = createSecurityLog({
    store: store.securityEvents,
    clock,
    log,
    foldMs: config.securityFold * 1000,
    publish: (event) => void bus.publish(securityEvents, event),
  });
  metrics.observe({ securityEvents: securityLog.counts });
  lifecycle.onClose(securityLog.close);
  return securityLog;
}
