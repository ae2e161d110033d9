import { randomBytes } from "node:crypto";
import type { Accounts } from "./accounts.ts";

/** What to tell the person at the terminal, once. */
export interface MadeAdministrator {
  readonly email: string;
  /** Null when the password came from ADMIN_PASSWORD: then they know it. */
  readonly password: string | null;
}

/** Makes an administrator where there is no account yet; null otherwise. */
export async function ensureAdministrator(
  accounts: Accounts,
  email: string,
  givenPassword: string | null,
): Promise<MadeAdministrator | null> {
  if ((await accounts.countUsers()) > 0) return null;
  const password = givenPassword ?? randomBytes(12).toString("base64url");
  await accounts.createAdministrator({ email, password, name: "Administrator" });
  return { email, password: givenPassword === null ? password : null };
}
