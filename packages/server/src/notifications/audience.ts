import type { Audience } from "@signalbox/protocol";
import { permits } from "../access/permissions.ts";
import type { NotificationReader, Principal } from "../ports.ts";

const leastRoles = ["user", "admin"] as const;

/** A user's own audience. Ids are the application's own: behind the colon anything may stand. */
export const userAudience = (userId: string): string => `user:${userId}`;

/** The audience that a notice is stored for. A room's is nobody's: its members are looked up when it is sent. */
export function storedAudience(audience: Exclude<Audience, { room_id: string }>): string {
  if (audience === "everyone") return audience;
  return "role" in audience ? `role:${audience.role}` : userAudience(audience.user_id);
}

/** Who reads, with every audience that they belong to in their present role. */
export function readerOf(principal: Principal, now: number): NotificationReader {
  const ofRoles = leastRoles.filter((role) => permits(role, principal)).map((role) => `role:${role}`);
  return {
    userId: principal.userId,
    audiences: [userAudience(principal.userId), "everyone", ...ofRoles],
    now: new Date(now).toISOString(),
  };
}
