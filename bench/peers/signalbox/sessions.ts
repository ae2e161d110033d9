import { createHash } from "node:crypto";
import type { Session, SessionSource } from "@signalbox/server";
import { cookieName, firstAdministrator, sessionOf, usersOfEach } from "../users.ts";

/** The application's sessions, in memory, and the same after every restart: one for each user of the bench. */
export function createBenchSessions(): SessionSource {
  const sessions = new Map<string, Session>();
  for (let index = 0; index < usersOfEach; index += 1) {
    for (const user of [index, firstAdministrator + index]) sessions.set(sessionOf(user), sessionFor(user));
  }
  const pattern = new RegExp(`(?:^|; )${cookieName}=([^;]*)`);

  return {
    credentialOf({ headers }) {
      const value = pattern.exec(headers.cookie ?? "")?.[1];
      return value === undefined ? undefined : { kind: "cookie", value };
    },
    resolve: async ({ value }) => sessions.get(value) ?? "session_invalid",
  };
}

function sessionFor(user: number): Session {
  const name = `user-${user}`;
  return {
    ref: createHash("sha256").update(sessionOf(user)).digest("hex").slice(0, 16),
    ...{ userId: name, username: name, expiresAt: null },
    role: user >= firstAdministrator ? "admin" : "user",
  };
}
