/** Apart from the others, since the types of Better Auth do not pass `skipLibCheck: false`. */
import type { SessionSource } from "@signalbox/server";
import { betterAuthSessions, sessionChanges } from "@signalbox/server/better-auth";
import { betterAuth } from "better-auth";

export const sessions: SessionSource = betterAuthSessions(betterAuth({ plugins: [sessionChanges()] }));
