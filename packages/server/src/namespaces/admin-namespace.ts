import { namespaces, type OptionalFrame, rooms } from "@signalbox/protocol";
import { adminSchemas } from "@signalbox/protocol/schemas";
import type { AdminCommands } from "../admin/admin-commands.ts";
import type { AdminViews } from "../admin/admin-views.ts";
import type { Clock } from "../ports.ts";
import { checkConnection } from "./check-connection.ts";
import { defineNamespace, type NamespaceDefinition, request } from "./define-namespace.ts";

interface AdminNamespaceOptions {
  readonly views: AdminViews;
  readonly commands: AdminCommands;
  readonly clock: Clock;
}

const feedRooms = [rooms.adminGeneral, rooms.systemMonitoring, rooms.securityAlerts];

/** `/admin`: what is going on, and the means to act on it. Every command leaves an audit line before it answers. */
export function adminNamespace({ views, commands, clock }: AdminNamespaceOptions): NamespaceDefinition {
  return defineNamespace({
    path: namespaces.admin,
    access: "admin",
    rooms: (_principal, accepts) =>
      accepts.includes("admin_batch" satisfies OptionalFrame) ? [...feedRooms, rooms.adminBatch] : feedRooms,
    requests: {
      list_connections: request(adminSchemas.list_connections, views.connections),
      list_rooms: request(adminSchemas.list_rooms, views.rooms),
      list_tasks: request(adminSchemas.list_tasks, views.tasks),
      list_security_events: request(adminSchemas.list_security_events, views.securityEvents),
      list_blocks: request(adminSchemas.list_blocks, views.blocks),
      get_metrics_history: request(adminSchemas.get_metrics_history, views.history),
      get_health: request(adminSchemas.get_health, views.health),
      get_configuration: request(adminSchemas.get_configuration, views.configuration),
      explain_origin: request(adminSchemas.explain_origin, views.explainOrigin),
      disconnect_user: request(adminSchemas.disconnect_user, commands.disconnectUser),
      revoke_session: request(adminSchemas.revoke_session, commands.revokeSession),
      cancel_task: request(adminSchemas.cancel_task, commands.cancelTask),
      add_block: request(adminSchemas.add_block, commands.addBlock),
      lift_block: request(adminSchemas.lift_block, commands.liftBlock),
      admin_notification: request(adminSchemas.admin_notification, commands.sendNotice),
      check_connection: checkConnection(clock),
    },
  });
}
