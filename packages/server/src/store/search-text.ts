import type { SecurityEvent, TaskSnapshot } from "@signalbox/protocol";

/**
 * The form in which texts are compared. Case is folded here for every store, because databases disagree on letters
 * beyond ASCII; NUL goes, because PostgreSQL stores none.
 */
export const searchable = (text: string): string => text.toLowerCase().replaceAll("\0", "");

/** What a filter on tasks looks into. */
export const taskText = ({ task_id, title, kind, owner_id, status }: TaskSnapshot): string =>
  searchable([task_id, title, kind, owner_id, status].join("\n"));

/** What a filter on the security log looks into. */
export const securityEventText = ({ detail, ip, user_id, type, code, event }: SecurityEvent): string =>
  searchable([detail, ip, user_id, type, code, event].join("\n"));
