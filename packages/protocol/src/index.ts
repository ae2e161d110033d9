export type * from "./admin.ts";
export type { ClientConfig } from "./client-config.ts";
export * from "./events.ts";
export * from "./refusals.ts";
export * from "./roles.ts";
export * from "./rooms.ts";
export * from "./security-event.ts";
export * from "./session.ts";
export * from "./task.ts";
