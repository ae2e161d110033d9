/** Names of the rooms that Signalbox manages. They are Socket.IO rooms: there is no second list of members. */
export const rooms = {
  /** Every signed-in user, on `/`. */
  userGeneral: "user_general",
  /** Every administrator, on `/admin`. */
  adminGeneral: "admin_general",
  /** Receives `system_metrics_update` and `connections_update`, on `/admin`. */
  systemMonitoring: "system_monitoring",
  /** Receives `security_event`, on `/admin`. */
  securityAlerts: "security_alerts",
  /** Members of the three rooms above that receive `admin_batch` instead of single events. */
  adminBatch: "admin_batch",
  /** The legacy room for administrators on `/`, joined with `join_admin_dashboard`. */
  legacyAdminDashboard: "admin_dashboard",
} as const;

/** The room of all sockets of one user. */
export const userRoom = (userId: string): string => `user:${userId}`;

/** The room of all sockets that watch a task. Clients never name it: they send `join_task`. */
export const taskRoom = (taskId: string): string => `task:${taskId}`;

/** Names of the two namespaces that always exist. */
export const namespaces = { user: "/", admin: "/admin" } as const;
