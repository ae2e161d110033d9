import { namespaces, type OptionalFrame, rooms } from "@signalbox/protocol";
import { adminSchemas } from "@signalbox/protocol/schemas";
import type { z } from "zod";
import { requireRight } from "../core/permissions.ts";
import type { Clock } from "../core/ports.ts";
import { checkConnection } from "../socket-io/namespaces/check-connection.ts";
import {
  defineNamespace,
  type NamespaceDefinition,
  type RequestDefinition,
  request,
} from "../socket-io/namespaces/define-namespace.ts";
import type { AdminCommands } from "./admin-commands.ts";
import type { AdminViews } from "./admin-views.ts";

interface AdminNamespaceOptions {
  readonly views: AdminViews;
  readonly commands: AdminCommands;
  readonly clock: Clock;
}

const feedRooms = [rooms.adminGeneral, rooms.systemMonitoring, rooms.securityAlerts];

/**
 * The `/admin` namespace: views of the server's state, and commands. Every command writes an audit line before it
 * answers.
 */
export function adminNamespace({ views, commands, clock }: AdminNamespaceOptions): NamespaceDefinition {
  /** An administrator who is demoted during a read does not receive its result. */
  function view<Schema extends z.ZodType>(
    schema: Schema,
    read: (asked: z.output<Schema>) => object | Promise<object>,
  ): RequestDefinition {
    return request(schema, async (asked, context) => {
      const answer = await read(asked as z.output<Schema>);
      requireRight("admin", context.principal, clock.now());
      return answer;
    });
  }

  return defineNamespace({
    path: namespaces.admin,
    access: "admin",
    rooms: (_principal, accepts) =>
      accepts.includes("admin_batch" satisfies OptionalFrame) ? [...feedRooms, rooms.adminBatch] : feedRooms,
    requests: {
      list_connections: view(adminSchemas.list_connections, views.connections),
      list_rooms: view(adminSchemas.list_rooms, views.rooms),
      list_tasks: view(adminSchemas.list_tasks, views.tasks),
      list_security_events: view(adminSchemas.list_security_events, views.securityEvents),
      list_blocks: view(adminSchemas.list_blocks, views.blocks),
      get_metrics_history: view(adminSchemas.get_metrics_history, views.history),
      get_health: view(adminSchemas.get_health, views.health),
      get_configuration: view(adminSchemas.get_configuration, views.configuration),
      explain_origin: view(adminSchemas.explain_origin, views.explainOrigin),
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
