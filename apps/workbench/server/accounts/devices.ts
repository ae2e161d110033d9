import { createHash, randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { WorkbenchTables } from "../database.ts";

/** Browsers that are remembered for one person; the one that was longest away is forgotten first. */
const maxRemembered = 50;

/** The browsers from which somebody signed in. Each has a random token in a cookie; nothing is guessed from its name. */
export interface Devices {
  /** Remembers the browser for this person. Resolves to whether it is new to somebody who has used others. */
  remember(userId: string, token: string): Promise<boolean>;
  /** Whether this person signed in with this browser before. */
  knows(userId: string, token: string): Promise<boolean>;
}

export const deviceCookie = "workbench_device";

/** Names a browser to its own pages and in notices; nothing can be signed with it. */
export const deviceReference = (token: string): string => hashOf(token).slice(0, 16);

/** As with passwords: who reads the database must not get what makes a browser a known one. */
const hashOf = (token: string): string => createHash("sha256").update(token).digest("base64url");

/** What the browser sent if it can be one of our tokens, and a new one otherwise. */
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
