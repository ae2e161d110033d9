import type {
  BlockPage,
  ConnectionListRequest,
  ConnectionPage,
  HealthReport,
  MetricsHistory,
  OriginExplanation,
  PageRequest,
  RoomPage,
  SecurityEventListRequest,
  SecurityEventPage,
  SettingRow,
  TaskPage,
} from "@signalbox/protocol";
import { readBounded } from "../core/bounded-page.ts";
import type { Limits } from "../limits/module.ts";
import type { Health } from "../observability/health-report.ts";
import type { OriginPolicy } from "../origin/origin-policy.ts";
import type { SecurityLog } from "../security-log/security-log.ts";
import type { Latency } from "../socket-io/connections/latency.ts";
import type { Backpressure } from "../socket-io/delivery/backpressure.ts";
import type { RealtimeNamespace } from "../socket-io/socket.ts";
import type { ProgressHub } from "../tasks/task-registry.ts";
import { blockKey, blockRows, connectionPage, connectionRows, roomKey, roomRows } from "./live-lists.ts";
import type { History } from "./metrics-history.ts";
import { pageOf } from "./page.ts";

/** The views that administrators may read. */
export interface AdminViews {
  connections(request: ConnectionListRequest): ConnectionPage;
  rooms(page: PageRequest): RoomPage;
  tasks(page: PageRequest): Promise<TaskPage>;
  securityEvents(request: SecurityEventListRequest): Promise<SecurityEventPage>;
  blocks(page: PageRequest): BlockPage;
  history(): MetricsHistory;
  health(): Promise<HealthReport>;
  configuration(): { settings: SettingRow[] };
  explainOrigin(request: { origin: string }): OriginExplanation;
}

interface AdminViewOptions {
  readonly hub: Pick<ProgressHub, "list">;
  readonly securityLog: Pick<SecurityLog, "list">;
  readonly backpressure: Backpressure;
  readonly latency: Pick<Latency, "of">;
  readonly limits: Pick<Limits, "automaticBlocks" | "adminBlocks">;
  readonly history: Pick<History, "read">;
  readonly health: Pick<Health, "report">;
  readonly settings: SettingRow[];
  readonly originPolicy: OriginPolicy;
  /** Limit for the rows of one answer. */
  readonly maxBytes: number;
  /** All namespaces of this node, in the order in which they were opened. */
  readonly namespaces: Iterable<RealtimeNamespace>;
}

/** Reads each view from its source at the time of the request. */
export function createAdminViews(options: AdminViewOptions): AdminViews {
  const { hub, securityLog, limits, originPolicy, maxBytes } = options;
  return {
    connections: (request) => connectionPage(connectionRows(options.namespaces, options), request, maxBytes),
    rooms: (page) => pageOf(roomRows(options.namespaces), page, roomKey, maxBytes),
    tasks: (page) => readBounded(hub.list, page, maxBytes),
    securityEvents: (request) => readBounded(securityLog.list, request, maxBytes),
    blocks: (page) => pageOf(blockRows(limits), page, blockKey, maxBytes),
    history: options.history.read,
    health: options.health.report,
    configuration: () => ({ settings: options.settings }),
    explainOrigin({ origin }) {
      const { allowed, rule, hint } = originPolicy.judge(origin);
      return { allowed, rule, ...(hint !== undefined && { hint }), allowed_origins: [...originPolicy.allowed] };
    },
  };
}
