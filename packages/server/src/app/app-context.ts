import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { boundLog } from "../config/bound-log.ts";
import { exposeHints } from "../config/load-config.ts";
import { createLog } from "../config/log-from-config.ts";
import type { Config, DebugPart } from "../config/settings.ts";
import { trustProxies } from "../config/trusted-proxies.ts";
import { systemClock } from "../core/clock.ts";
import { createLifecycle, type Lifecycle } from "../core/lifecycle.ts";
import { type BusTransport, createMessageBus, type MessageBus } from "../core/message-bus.ts";
import type { Clock, Log, Store } from "../core/ports.ts";
import { version } from "../core/version.ts";
import { createClientAddress } from "../http/client-address.ts";
import { createRequestId } from "../http/request-id.ts";
import { createDebugLog, type Debug } from "../observability/debug-log.ts";
import { createDependencies, type Dependencies } from "../observability/dependency-health.ts";
import { createHealth, type Health } from "../observability/health-report.ts";
import { createMetrics, type Metrics } from "../observability/metrics.ts";
import { createTrace, type Trace } from "../observability/tracing.ts";
import { createMemoryStore } from "../store/memory.ts";

/** The objects that all modules of one server share. Created once; every module takes it as its first argument. */
export interface AppContext {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly bus: MessageBus;
  readonly lifecycle: Lifecycle;
  readonly dependencies: Dependencies;
  readonly metrics: Metrics;
  readonly health: Health;
  /** Undefined without OpenTelemetry's API package. */
  readonly trace: Trace | undefined;
  /** Random, and different at each start. */
  readonly serverId: string;
  readonly version: string;
  /** Whether refusals tell clients how to fix them. */
  readonly exposeHints: boolean;
  /** Undefined for a part without debug logging. */
  debug(part: DebugPart): Debug | undefined;
  requestId(req: IncomingMessage): string;
  /** Considers X-Forwarded-For from trusted proxies only (TRUST_PROXY). */
  clientAddress(req: IncomingMessage): string;
  /** Logs an unexpected error of a request. */
  onFault(req: IncomingMessage, error: unknown): void;
}

interface AppOptions {
  readonly config: Config;
  /** Default: JSON lines on standard output. */
  readonly logger: Log | undefined;
  /** Default: the system clock. */
  readonly clock: Clock | undefined;
  /** Default: in memory. */
  readonly store: Store | undefined;
  /** Undefined for an application with one node. */
  readonly transport: BusTransport | undefined;
}

/** @throws TypeError when TRUST_PROXY cannot be read */
export function createAppContext(options: AppOptions): AppContext {
  const { config, clock = systemClock, transport } = options;
  const log = options.logger === undefined ? createLog(config) : boundLog(options.logger, clock);
  const isTrusted = trustProxies(config.trustProxy);
  const requestId = createRequestId(isTrusted);
  const store = options.store ?? createMemoryStore({ maxSecurityEvents: config.securityLogRows });
  const dependencies = createDependencies({ clock, log });
  const lifecycle = createLifecycle();
  const serverId = randomBytes(6).toString("hex");
  return {
    config,
    clock,
    log,
    store,
    bus: createMessageBus({ transport, log }),
    lifecycle,
    dependencies,
    metrics: createMetrics({ version, dependencies: dependencies.list }),
    health: createHealth({ store, dependencies, clock, version, serverId, isDraining: lifecycle.isDraining }),
    trace: createTrace(version),
    serverId,
    version,
    exposeHints: exposeHints(config),
    debug: createDebugLog(config, log),
    requestId,
    clientAddress: createClientAddress(isTrusted),
    onFault: (req, error) => log.error({ err: error, request_id: requestId(req) }, "A request failed unexpectedly."),
  };
}
