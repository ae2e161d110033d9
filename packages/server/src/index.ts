/** What the package offers, and nothing else. */
export type { AccessRule } from "./access/permissions.ts";
export type { RoomAccess } from "./access/room-access.ts";
export type { Cluster } from "./cluster/cluster.ts";
export { ConfigError, type LoadedConfig, loadConfig } from "./config/load-config.ts";
export { createLog } from "./config/log-from-config.ts";
export * as setting from "./config/setting.ts";
export type { Config } from "./config/settings.ts";
export { createRealtime } from "./create-realtime.ts";
export { followTls, readTls, type Tls } from "./http/tls.ts";
export { addressBucket } from "./limits/client-address.ts";
export {
  defineNamespace,
  type NamespaceDefinition,
  type RequestContext,
  type RequestDefinition,
  request,
} from "./namespaces/define-namespace.ts";
export type { OnUnacknowledged, UnacknowledgedNotice } from "./notifications/escalations.ts";
export type { Notify } from "./notifications/notifications.ts";
export { createOriginPolicy, type OriginPolicy, type OriginVerdict } from "./origin/origin-policy.ts";
export type * from "./ports.ts";
export type { ProgressHub, ProgressListener } from "./progress/progress-hub.ts";
export type { NewTask, TaskPatch } from "./progress/task-stream.ts";
export type { ApplicationSecurityEvent, Realtime, RealtimeOptions } from "./realtime.ts";
export { httpStatusOf, Refusal, type RefusalDetails } from "./refusal.ts";
export { createMemoryStore } from "./store/memory.ts";
export type { ErasedUser, KeptData, UserData, UserNotification, Users } from "./users/user-data.ts";
