import { namespaces, rooms } from "@signalbox/protocol";
import { adminSchemas } from "@signalbox/protocol/schemas";
import type { AdminCommands } from "../admin/admin-commands.ts";
import { blockKey, blockRows, connectionRows, roomKey, roomRows } from "../admin/live-lists.ts";
import { pageOf } from "../admin/page.ts";
import type { Backlogs } from "../edge/backlogs.ts";
import type { RealtimeNamespace } from "../edge/socket.ts";
import type { Blocks } from "../limits/blocks.ts";
import type { Clock } from "../ports.ts";
import type { ProgressHub } from "../progress/progress-hub.ts";
import type { SecurityLog } from "../security/security-log.ts";
import { checkConnection } from "./check-connection.ts";
import { defineNamespace, type NamespaceDefinition, request } from "./define-namespace.ts";

interface AdminNamespaceOptions {
  readonly hub: ProgressHub;
  readonly securityLog: SecurityLog;
  readonly commands: AdminCommands;
  readonly clock: Clock;
  readonly backlogs: Backlogs;
  readonly blocks: Blocks;
  /** All namespaces of this node, in the order in which they were opened. */
  readonly namespaces: Iterable<RealtimeNamespace>;
}

/** `/admin`: what is going on, and the means to act on it. Every command leaves an audit line before it answers. */
export function adminNamespace(options: AdminNamespaceOptions): NamespaceDefinition {
  const { commands } = options;
  return defineNamespace({
    path: namespaces.admin,
    access: "admin",
    rooms: () => [rooms.adminGeneral, rooms.systemMonitoring, rooms.securityAlerts],
    requests: {
      list_connections: request(adminSchemas.list_connections, (page) =>
        pageOf(connectionRows(options.namespaces, options.backlogs), page, (row) => row.socket_id),
      ),
      list_rooms: request(adminSchemas.list_rooms, (page) => pageOf(roomRows(options.namespaces), page, roomKey)),
      list_tasks: request(adminSchemas.list_tasks, (page) => options.hub.list(page)),
      list_security_events: request(adminSchemas.list_security_events, (page) => options.securityLog.list(page)),
      list_blocks: request(adminSchemas.list_blocks, (page) => pageOf(blockRows(options.blocks), page, blockKey)),
      disconnect_user: request(adminSchemas.disconnect_user, (payload, context) =>
        commands.disconnectUser(payload, context),
      ),
      revoke_session: request(adminSchemas.revoke_session, (payload, context) =>
        commands.revokeSession(payload, context),
      ),
      cancel_task: request(adminSchemas.cancel_task, (payload, context) => commands.cancelTask(payload, context)),
      lift_block: request(adminSchemas.lift_block, (payload, context) => commands.liftBlock(payload, context)),
      admin_notification: request(adminSchemas.admin_notification, (payload, context) =>
        commands.sendNotice(payload, context),
      ),
      check_connection: checkConnection(options.clock),
    },
  });
}
