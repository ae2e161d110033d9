/** What the package offers, and nothing else. */
export { type AccessRule, permits } from "./access/permissions.ts";
export type { RoomAccess } from "./access/room-access.ts";
export { createRealtime, type Realtime, type RealtimeOptions } from "./create-realtime.ts";
export {
  defineNamespace,
  type NamespaceDefinition,
  type RequestContext,
  type RequestDefinition,
  request,
} from "./namespaces/define-namespace.ts";
export type * from "./ports.ts";
export { httpStatusOf, Refusal, type RefusalDetails } from "./refusal.ts";
