import { isFinal, namespaces, rooms, type TaskSnapshot, taskRoom } from "@signalbox/protocol";
import { legacySchemas, userSchemas } from "@signalbox/protocol/schemas";
import type { AppContext } from "./app/app-context.ts";
import type { Principal } from "./core/ports.ts";
import type { NotificationsModule } from "./notifications/module.ts";
import type { Notifications } from "./notifications/notification-service.ts";
import { joinByName, leaveByName, type RoomAccess } from "./rooms/room-access.ts";
import type { SecurityLog } from "./security-log/security-log.ts";
import { checkConnection } from "./socket-io/namespaces/check-connection.ts";
import {
  defineNamespace,
  type NamespaceDefinition,
  type RequestContext,
  type RequestDefinition,
  request,
} from "./socket-io/namespaces/define-namespace.ts";
import type { Tasks } from "./tasks/module.ts";
import { requestCancel } from "./tasks/request-cancel.ts";
import { maySee, visibleTask } from "./tasks/task-access.ts";

interface UserNamespaceOptions {
  readonly tasks: Tasks;
  readonly notifications: NotificationsModule;
  readonly securityLog: Pick<SecurityLog, "audit">;
  readonly roomAccess: RoomAccess | undefined;
}

/** `/`: a user's own tasks, and the rooms that the application opens. */
export function userNamespace({ config, clock }: AppContext, options: UserNamespaceOptions): NamespaceDefinition {
  const { registry, control } = options.tasks;
  const byTask = { order: ({ task_id }: { task_id: string }) => taskRoom(task_id) };
  const byRoom = { order: ({ room_id }: { room_id: string }) => room_id };

  const requests: Record<string, RequestDefinition> = {
    join_task: request(
      userSchemas.join_task,
      async ({ task_id, since }, context) => {
        const room = taskRoom(task_id);
        const found = visibleTask(await registry.get(task_id), context.principal);
        if (!context.rooms.has(room)) await auditForeign(found, context);
        // Checked again right before joining: an administrator may have been demoted since.
        visibleTask(found, context.principal);
        await context.join(room);
        // Read after joining: a change in between is in this snapshot or in the room's next update.
        const joined = await registry.get(task_id);
        // Deleted, given to another user, or ended meanwhile: no client stays in the room of a task that it may not
        // see.
        if (joined === undefined || !maySee(joined, context.principal) || isFinal(joined.status))
          await context.leave(room);
        const task = visibleTask(joined, context.principal);
        return since === task.version ? {} : { task };
      },
      byTask,
    ),

    leave_task: request(
      userSchemas.leave_task,
      async ({ task_id }, { leave }) => {
        await leave(taskRoom(task_id));
        return {};
      },
      byTask,
    ),

    get_task_status: request(userSchemas.get_task_status, async ({ task_id }, context) => ({
      task: visibleTask(await registry.get(task_id), context.principal),
    })),

    cancel_task: request(userSchemas.cancel_task, async ({ task_id }, context) => ({
      task: await requestCancel(task_id, context, registry, control),
    })),

    join_room: request(
      userSchemas.join_room,
      async ({ room_id }, context) => {
        await joinByName(room_id, context, options.roomAccess);
        return { room_id };
      },
      byRoom,
    ),

    leave_room: request(
      userSchemas.leave_room,
      async ({ room_id }, context) => {
        await leaveByName(room_id, context);
        return { room_id };
      },
      byRoom,
    ),

    ...notificationRequests(options.notifications.service),
    check_connection: checkConnection(clock),
  };

  return defineNamespace({
    path: namespaces.user,
    access: config.requireAuth ? "user" : "guest",
    requests: config.legacyEvents ? { ...requests, ...legacyRequests() } : requests,
    rooms: () => [rooms.userGeneral],
    forfeits,
  });

  /**
   * The admin feed and tasks of other users are for administrators. For rooms that were joined by name, the application
   * is asked again. A watched task is in memory: joining has read it, and its end dissolves the room.
   */
  function forfeits(room: string, principal: Principal, requested: boolean): boolean | Promise<boolean> {
    if (!requested) return false;
    if (room === rooms.legacyAdminDashboard) return principal.role !== "admin";
    const ofTask = taskRoom("");
    if (room.startsWith(ofTask)) {
      const task = registry.peek(room.slice(ofTask.length));
      return principal.role !== "admin" && task?.owner_id !== principal.userId;
    }
    const allowed = options.roomAccess?.(room, principal) ?? false;
    return typeof allowed === "boolean" ? !allowed : Promise.resolve(allowed).then((answer) => !answer);
  }

  /** An administrator may watch any user's task, but the security log records it. */
  async function auditForeign({ task_id, owner_id }: TaskSnapshot, { principal, ip }: RequestContext): Promise<void> {
    if (owner_id === principal.userId) return;
    await options.securityLog.audit({
      ...{ ip, userId: principal.userId, namespace: namespaces.user, event: "join_task" },
      detail: `Asked to watch task ${task_id} of user "${owner_id}".`,
    });
  }
}

/** A user's own notifications and read marks. Guests have none. */
function notificationRequests(notifications: Notifications): Record<string, RequestDefinition> {
  const rules = { access: "user", order: () => "notifications" } as const;
  return {
    sync_notifications: request(
      userSchemas.sync_notifications,
      (from, context) => notifications.sync(context, from),
      rules,
    ),
    ack_notifications: request(
      userSchemas.ack_notifications,
      ({ seq }, context) => notifications.advance(context, "acknowledged", seq),
      rules,
    ),
    read_notifications: request(
      userSchemas.read_notifications,
      ({ seq }, context) => notifications.advance(context, "read", seq),
      rules,
    ),
  };
}

/** Flask-SocketIO clients watch the admin feed on `/`, where administrators may ask for it. */
function legacyRequests(): Record<string, RequestDefinition> {
  const room_id = rooms.legacyAdminDashboard;
  const rules = { access: "admin", order: () => room_id } as const;
  return {
    // Accepted without effect: an old page shows an `error` event as a lost connection.
    ping: request(legacySchemas.ping, () => ({})),
    join_admin_dashboard: request(
      legacySchemas.join_admin_dashboard,
      async (_payload, { join }) => {
        await join(room_id);
        return { room_id };
      },
      rules,
    ),
    leave_admin_dashboard: request(
      legacySchemas.leave_admin_dashboard,
      async (_payload, { leave }) => {
        await leave(room_id);
        return { room_id };
      },
      rules,
    ),
  };
}
