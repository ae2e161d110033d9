/** Roles that Signalbox itself distinguishes. `guest` appears only where SOCKETIO_REQUIRE_AUTH is false. */
export const roles = ["guest", "user", "admin"] as const;

/** The permissions of a principal are derived from its role. An application's other role names count as `user`. */
export type Role = (typeof roles)[number];

/**
 * Parses a role as an application stores it. Only the exact word `admin` grants administration. Lists such as Better
 * Auth's `"editor,admin"` are accepted.
 */
export function parseRole(value: unknown): Role {
  if (typeof value !== "string") return "user";
  const names = value.split(",").map((name) => name.trim());
  return names.includes("admin") ? "admin" : "user";
}
