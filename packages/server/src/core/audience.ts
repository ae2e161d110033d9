import type { Audience } from "@signalbox/protocol";
import { permits } from "./permissions.ts";
import type { NotificationReader, Principal } from "./ports.ts";

const leastRoles = ["user", "admin"] as const;

/** A user's own audience. The application chooses the ids, so any text may follow the colon. */
export const userAudience = (userId: string): string => `user:${userId}`;

/** The audiences that notices are stored for. Rooms are excluded: their members are looked up when a notice is sent. */
export type NoticeAudience = Exclude<Audience, { room_id: string }>;

export type AudienceKind = "user" | "role" | "room" | "everyone";

export function kindOf(audience: Audience): AudienceKind {
  if (audience === "everyone") return audience;
  if ("room_id" in audience) return "room";
  return "role" in audience ? "role" : "user";
}

export function storedAudience(audience: NoticeAudience): string {
  if (audience === "everyone") return audience;
  return "role" in audience ? `role:${audience.role}` : userAudience(audience.user_id);
}

/** The inverse of `storedAudience`. */
export function toldAudience(stored: string): NoticeAudience {
  const ofUser = userAudience("");
  if (stored.startsWith(ofUser)) return { user_id: stored.slice(ofUser.length) };
  const role = leastRoles.find((least) => storedAudience({ role: least }) === stored);
  return role === undefined ? "everyone" : { role };
}

/** The reader, with every audience that the principal belongs to in its current role. */
export function readerOf(principal: Principal, now: number): NotificationReader {
  const ofRoles = leastRoles.filter((role) => permits(role, principal)).map((role) => `role:${role}`);
  return {
    userId: principal.userId,
    audiences: [userAudience(principal.userId), "everyone", ...ofRoles],
    now: new Date(now).toISOString(),
  };
}
