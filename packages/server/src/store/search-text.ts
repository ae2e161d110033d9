import type { SecurityEvent, TaskSnapshot } from "@signalbox/protocol";

/**
 * The form in which texts are compared. Case is folded here for every store, because databases disagree on letters
 * beyond ASCII. NUL is removed, because PostgreSQL cannot store it.
 */
export const searchable = (text: string): string => text.toLowerCase().replaceAll("\0", "");

/** The text that a filter on tasks searches. */
export const taskText = ({ task_id, title, kind, owner_id, status }: TaskSnapshot): string =>
  searchable([task_id, title, kind, owner_id, status].join("\n"));

/** The text that a filter on the security log searches. */
export const securityEventText = ({ detail, ip, user_id, type, code, event }: SecurityEvent): string =>
  searchable([detail, ip, user_id, type, code, event].join("\n"));
