import { createHash, randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { WorkbenchTables } from "../database.ts";

/** Browsers remembered for each user; the one that has been unused longest is dropped first. */
const maxRemembered = 50;

/** The browsers from which a user signed in. Each has a random token in a cookie; nothing is inferred from its name. */
export interface Devices {
  /** Remembers the browser for this user. Resolves to whether it is new to a user who has used others. */
  remember(userId: string, token: string): Promise<boolean>;
  /** Whether this user has signed in with this browser before. */
  knows(userId: string, token: string): Promise<boolean>;
}

export const deviceCookie = "workbench_device";

/** Identifies a browser to its own pages and in notices; it cannot authenticate a request. */
export const deviceReference = (token: string): string => hashOf(token).slice(0, 16);

/** Hashed like passwords: a reader of the database must not obtain a token that makes a browser a known one. */
const hashOf = (token: string): string => createHash("sha256").update(token).digest("base64url");

/** Returns the token that the browser sent if it has a valid form, otherwise a new one. */
export const deviceToken = (sent: string | null | undefined): string =>
  isDeviceToken(sent) ? sent : randomBytes(32).toString("base64url");

export const isDeviceToken = (text: string | null | undefined): text is string =>
  typeof text === "string" && /^[\w-]{43}$/.test(text);

export function createDevices(db: Kysely<WorkbenchTables>): Devices {
  return {
    async knows(userId, token) {
      const row = await db
        .selectFrom("workbench_device")
        .select("user_id")
        .where("user_id", "=", userId)
        .where("token_hash", "=", hashOf(token))
        .executeTakeFirst();
      return row !== undefined;
    },
    async remember(userId, token) {
      const rows = await db
        .selectFrom("workbench_device")
        .select("token_hash")
        .where("user_id", "=", userId)
        .orderBy("seen_at", "desc")
        .execute();
      const hash = hashOf(token);
      const seen_at = new Date().toISOString();
      await db
        .insertInto("workbench_device")
        .values({ user_id: userId, token_hash: hash, seen_at })
        .onConflict((conflict) => conflict.columns(["user_id", "token_hash"]).doUpdateSet({ seen_at }))
        .execute();
      if (rows.some(({ token_hash }) => token_hash === hash)) return false;
      const forgotten = rows.slice(maxRemembered - 1).map(({ token_hash }) => token_hash);
      if (forgotten.length > 0) {
        await db
          .deleteFrom("workbench_device")
          .where("user_id", "=", userId)
          .where("token_hash", "in", forgotten)
          .execute();
      }
      return rows.length > 0;
    },
  };
}
