/** What the package offers, and nothing else. */

export type { Cluster } from "./cluster/cluster.ts";
export { ConfigError, type LoadedConfig, loadConfig } from "./config/load-config.ts";
export { createLog } from "./config/log-from-config.ts";
export * as setting from "./config/setting.ts";
export type { Config } from "./config/settings.ts";
export type { AccessRule } from "./core/permissions.ts";
export type * from "./core/ports.ts";
export { httpStatusOf, Refusal, type RefusalDetails } from "./core/refusal.ts";
export { createRealtime } from "./create-realtime.ts";
export { addressBucket } from "./http/client-address.ts";
export { followTls, readTls, type Tls } from "./http/tls.ts";
export type { OnUnacknowledged, UnacknowledgedNotice } from "./notifications/escalations.ts";
export type { Notify } from "./notifications/notification-service.ts";
export { createOriginPolicy, type OriginPolicy, type OriginVerdict } from "./origin/origin-policy.ts";
export type { ApplicationSecurityEvent, Realtime, RealtimeOptions } from "./realtime.ts";
export type { RoomAccess } from "./rooms/room-access.ts";
export {
  defineNamespace,
  type NamespaceDefinition,
  type RequestContext,
  type RequestDefinition,
  request,
} from "./socket-io/namespaces/define-namespace.ts";
export { createMemoryStore } from "./store/memory.ts";
export type { ProgressListener } from "./tasks/progress-listener.ts";
export type { ProgressHub } from "./tasks/task-registry.ts";
export type { NewTask, TaskPatch } from "./tasks/task-transitions.ts";
export type { ErasedUser, KeptData, UserData, UserNotification, Users } from "./users/user-data.ts";
