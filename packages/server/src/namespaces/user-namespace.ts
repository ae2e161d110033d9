import { isFinal, namespaces, rooms, type TaskSnapshot, taskRoom } from "@signalbox/protocol";
import { legacySchemas, userSchemas } from "@signalbox/protocol/schemas";
import { type RoomAccess, requireRoomAccess } from "../access/room-access.ts";
import type { Principal, TaskControl } from "../ports.ts";
import type { ProgressHub } from "../progress/progress-hub.ts";
import { requestCancel } from "../progress/request-cancel.ts";
import { visibleTask } from "../progress/task-access.ts";
import { defineNamespace, type NamespaceDefinition, type RequestDefinition, request } from "./define-namespace.ts";

interface UserNamespaceOptions {
  readonly hub: ProgressHub;
  readonly tasks: TaskControl | undefined;
  readonly roomAccess: RoomAccess | undefined;
  readonly requireAuth: boolean;
  readonly legacyEvents: boolean;
}

/** `/`: a user's own tasks, and the rooms that the application opens. */
export function userNamespace(options: UserNamespaceOptions): NamespaceDefinition {
  const { hub } = options;

  const requests: Record<string, RequestDefinition> = {
    join_task: request(userSchemas.join_task, async ({ task_id, since }, { principal, join, leave }) => {
      visibleTask(await hub.get(task_id), principal);
      await join(taskRoom(task_id));
      // Read after joining: a change in between is in this snapshot or in the room's next update, never in neither.
      const task = visibleTask(await hub.get(task_id), principal);
      if (isFinal(task.status)) await leave(taskRoom(task_id));
      return since === task.version ? {} : { task };
    }),

    leave_task: request(userSchemas.leave_task, async ({ task_id }, { leave }) => {
      await leave(taskRoom(task_id));
      return {};
    }),

    get_task_status: request(userSchemas.get_task_status, async ({ task_id }, { principal }) => ({
      task: visibleTask(await hub.get(task_id), principal),
    })),

    cancel_task: request(userSchemas.cancel_task, async ({ task_id }, { principal }) => ({
      task: await requestCancel(task_id, principal, hub, options.tasks),
    })),

    join_room: request(userSchemas.join_room, async ({ room_id }, { principal, join }) => {
      await requireRoomAccess(room_id, principal, options.roomAccess);
      await join(room_id);
      return { room_id };
    }),

    leave_room: request(userSchemas.leave_room, async ({ room_id }, { principal, leave }) => {
      await requireRoomAccess(room_id, principal, options.roomAccess);
      await leave(room_id);
      return { room_id };
    }),
  };

  return defineNamespace({
    path: namespaces.user,
    access: options.requireAuth ? "user" : "guest",
    requests: options.legacyEvents ? { ...requests, ...legacyRequests() } : requests,
    rooms: () => [rooms.userGeneral],
    forfeits: (room, principal) => forfeits(room, principal, (taskId) => hub.peek(taskId)),
  });
}

/** The ancestor's clients watch the admin feed on `/`, where administrators may ask for it. */
function legacyRequests(): Record<string, RequestDefinition> {
  const room_id = rooms.legacyAdminDashboard;
  return {
    join_admin_dashboard: request(
      legacySchemas.join_admin_dashboard,
      async (_payload, { join }) => {
        await join(room_id);
        return { room_id };
      },
      "admin",
    ),
    leave_admin_dashboard: request(
      legacySchemas.leave_admin_dashboard,
      async (_payload, { leave }) => {
        await leave(room_id);
        return { room_id };
      },
      "admin",
    ),
  };
}

/** What only an administrator could have joined: the admin feed, and tasks of other people. */
function forfeits(room: string, principal: Principal, peek: (taskId: string) => TaskSnapshot | undefined): boolean {
  if (principal.role === "admin") return false;
  if (room === rooms.legacyAdminDashboard) return true;
  const prefix = taskRoom("");
  return room.startsWith(prefix) && peek(room.slice(prefix.length))?.owner_id !== principal.userId;
}
