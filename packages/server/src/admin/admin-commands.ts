import { isIP } from "node:net";
import type { Audience, BlockRow, Notice, TaskSnapshot } from "@signalbox/protocol";
import { requireRight } from "../core/permissions.ts";
import type { Clock, Principal, SessionChange, SessionSource, TaskControl } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import { type Block, blockRow } from "../limits/block.ts";
import type { Limits } from "../limits/module.ts";
import { keyOfSubject, type Subject } from "../limits/subject.ts";
import type { Notifications } from "../notifications/notification-service.ts";
import type { SecurityLog } from "../security-log/security-log.ts";
import { requestCancel } from "../tasks/request-cancel.ts";
import type { ProgressHub } from "../tasks/task-registry.ts";

/** The administrator who sends a command, and the client's address. Each access reads the current values. */
interface Actor {
  readonly principal: Principal;
  readonly ip: string;
}

/** Written to the security log. */
interface Why {
  readonly reason?: string | undefined;
}

export interface AdminCommands {
  /** Closes every connection of a user. The session stays valid: to end it, revoke it. */
  disconnectUser(command: { user_id: string; reason: string }, by: Actor): Promise<{ disconnected: number }>;
  /** Ends a session at its source, and with it its sockets. */
  revokeSession(command: { session_ref: string } & Why, by: Actor): Promise<{ revoked: boolean }>;
  cancelTask(command: { task_id: string } & Why, by: Actor): Promise<{ task: TaskSnapshot }>;
  /**
   * Blocks a user or an address for a time, over restarts, and closes the connections. For guests, the server refuses
   * only new connections.
   */
  addBlock(command: Subject & { seconds: number; reason: string }, by: Actor): Promise<{ block: BlockRow }>;
  /** Lifts a block before it expires. */
  liftBlock(command: Subject & Why, by: Actor): Promise<{ lifted: boolean }>;
  /** Stores a notification for an audience, and delivers it after that. */
  sendNotice(command: { audience: Audience; notification: Notice }, by: Actor): Promise<{ id: string }>;
}

interface AdminCommandOptions {
  readonly hub: ProgressHub;
  readonly notifications: Pick<Notifications, "send">;
  readonly tasks: TaskControl | undefined;
  readonly sources: readonly SessionSource[];
  readonly securityLog: SecurityLog;
  readonly limits: Pick<Limits, "impose" | "lift">;
  readonly clock: Clock;
  /** Closes the connections of a user, and resolves with the number of sockets that were closed. */
  disconnectUser(userId: string): Promise<number>;
  sessionChanged(change: SessionChange): Promise<void>;
}

/**
 * The commands of `/admin`. Each command first writes to the security log who asked for what. It runs once that line is
 * stored, if the administrator still is one. The line records the request, so it is true whatever the outcome.
 */
export function createAdminCommands(options: AdminCommandOptions): AdminCommands {
  const { clock, limits } = options;

  /** Resolves once the line is stored; the command must follow at once. The right is checked again in between. */
  async function audit(event: string, detail: string, by: Actor): Promise<void> {
    const { ip, principal } = by;
    await options.securityLog.audit({ ip, userId: principal.userId, namespace: "/admin", event, detail });
    requireRight("admin", by.principal, clock.now());
  }

  return {
    async disconnectUser({ user_id, reason }, by) {
      await audit("disconnect_user", `Asked to disconnect user "${user_id}": ${reason}`, by);
      return { disconnected: await options.disconnectUser(user_id) };
    },

    async revokeSession({ session_ref, reason }, by) {
      await audit("revoke_session", `Asked to revoke session ${session_ref}${because(reason)}`, by);
      const answers = await Promise.all(options.sources.map((source) => source.revoke?.(session_ref) ?? false));
      await options.sessionChanged({ ref: session_ref, reason: "revoked" });
      return { revoked: answers.includes(true) };
    },

    async cancelTask({ task_id, reason }, by) {
      await audit("cancel_task", `Asked to cancel task ${task_id}${because(reason)}`, by);
      return { task: await requestCancel(task_id, by, options.hub, options.tasks) };
    },

    async addBlock({ subject, id, seconds, reason }, by) {
      if (subject === "user" && id === by.principal.userId) {
        throw new Refusal("payload_invalid", {
          hint: "Administrators cannot block themselves: who would let them in?",
        });
      }
      if (subject === "address" && isIP(id.replace(/\/64$/, "")) === 0) {
        throw new Refusal("payload_invalid", {
          hint: `${JSON.stringify(id)} is no address, and would block no client.`,
        });
      }
      const until = clock.now() + seconds * 1000;
      const times = `until ${new Date(until).toISOString()}`;
      await audit("add_block", `Asked to block ${subject} "${id}" ${times}${because(reason)}`, by);
      const place = keyOfSubject({ subject, id });
      const { userId } = by.principal;
      const block: Block = { place, since: clock.now(), until, type: "banned", times: 1, by: userId, note: reason };
      await limits.impose(block);
      return { block: blockRow(block) };
    },

    async liftBlock({ subject, id, reason }, by) {
      await audit("lift_block", `Asked to lift the block of ${subject} "${id}"${because(reason)}`, by);
      return { lifted: await limits.lift(keyOfSubject({ subject, id })) };
    },

    async sendNotice({ audience, notification }, by) {
      await audit("admin_notification", `Asked to notify ${JSON.stringify(audience)}: ${notification.title}`, by);
      return { id: await options.notifications.send(audience, notification) };
    },
  };
}

const because = (reason: string | undefined): string => (reason === undefined ? "." : `: ${reason}`);
