import type { Audience } from "@signalbox/protocol";
import { permits } from "./permissions.ts";
import type { NotificationReader, Principal } from "./ports.ts";

const leastRoles = ["user", "admin"] as const;

/** A user's own audience. Ids are the application's own: behind the colon anything may stand. */
export const userAudience = (userId: string): string => `user:${userId}`;

/** The audiences that notices are stored for. A room's is none: its members are looked up when it is sent. */
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

/** What `storedAudience` was made from. */
export function toldAudience(stored: string): NoticeAudience {
  const ofUser = userAudience("");
  if (stored.startsWith(ofUser)) return { user_id: stored.slice(ofUser.length) };
  const role = leastRoles.find((least) => storedAudience({ role: least }) === stored);
  return role === undefined ? "everyone" : { role };
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
