import { noticeLimits, type TaskSnapshot } from "@signalbox/protocol";
import type { Notify } from "@signalbox/server";
import { cutText } from "../cut-text.ts";

/** Notifies users of the end of their batches: they may have left the page hours ago. */
export type TaskNotices = (task: TaskSnapshot) => Promise<void>;

/** @param baseUrl - the address under which users reach the workbench: links in notices are absolute */
export function createTaskNotices(notify: Pick<Notify, "user">, baseUrl: string): TaskNotices {
  return async ({ task_id, owner_id, kind, status, title, result, error }) => {
    if (kind !== "batch" || status === "cancelled") return;
    const link = new URL(`/tasks/${task_id}`, baseUrl).href;
    if (status === "failed") {
      const body = cutText(error?.message ?? "", noticeLimits.body);
      await notify.user(owner_id, {
        type: "batch_failed",
        title: cutText(`Failed: ${title}`, noticeLimits.title),
        body,
        priority: "high",
        link,
      });
      return;
    }
    const { images = 0, unreadable = 0 } = (result ?? {}) as { images?: number; unreadable?: number };
    await notify.user(owner_id, {
      ...{ type: "batch_finished", title: cutText(`Ready: ${title}`, noticeLimits.title), link },
      body: unreadable === 0 ? `${images} converted.` : `${images} converted, ${unreadable} could not be converted.`,
      priority: unreadable === 0 ? "normal" : "high",
    });
  };
}
