import { createHash, randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { WorkbenchTables } from "../database.ts";

const cookieName = "workbench_device";
const yearSeconds = 365 * 86_400;

interface DevicesOptions {
  readonly db: Kysely<WorkbenchTables>;
  /** Whether people reach the workbench by https. */
  readonly secure: boolean;
  /** Somebody who has signed in before did so on a device that was never seen of them. */
  onNew(userId: string): Promise<unknown>;
}

export interface Devices {
  /**
   * Somebody has signed in.
   * @param cookies - the request's `Cookie` header
   * @returns what the browser is to be given, if it has nothing yet
   */
  signedIn(userId: string, cookies: string | undefined): Promise<{ setCookie?: string }>;
}

/**
 * Knows a person's devices by a random cookie that each browser keeps. What browsers say of themselves would tell two
 * people apart by an update, and not at all on two equal laptops. The database has only its hash: who reads it gets no
 * cookie out of it.
 */
export function createDevices({ db, secure, onNew }: DevicesOptions): Devices {
  return {
    async signedIn(userId, cookies) {
      const known = new RegExp(`(?:^|; )${cookieName}=([\\w-]{22})(?:;|$)`).exec(cookies ?? "")?.[1];
      const device = known ?? randomBytes(16).toString("base64url");
      const row = { user_id: userId, device_hash: createHash("sha256").update(device).digest("base64url") };
      const before = await db
        .selectFrom("workbench_device")
        .select("device_hash")
        .where("user_id", "=", userId)
        .execute();
      if (!before.some(({ device_hash }) => device_hash === row.device_hash)) {
        await db
          .insertInto("workbench_device")
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        if (before.length > 0) await onNew(userId);
      }
      if (known !== undefined) return {};
      const flags = `Path=/; Max-Age=${yearSeconds}; HttpOnly; ${secure ? "Secure; " : ""}SameSite=Lax`;
      return { setCookie: `${cookieName}=${device}; ${flags}` };
    },
  };
}
