import { randomBytes } from "node:crypto";
import type { Accounts } from "./accounts.ts";

/** What to tell the person at the terminal, once. */
export interface MadeAdministrator {
  readonly email: string;
  /** Null when the password came from ADMIN_PASSWORD: then they know it. */
  readonly password: string | null;
}

/**
 * Makes an administrator where there is no account yet; null otherwise.
 * @throws Error with one sentence when ADMIN_EMAIL or ADMIN_PASSWORD will not do
 */
export async function ensureAdministrator(
  accounts: Accounts,
  email: string,
  givenPassword: string | null,
): Promise<MadeAdministrator | null> {
  if ((await accounts.countUsers()) > 0) return null;
  const password = givenPassword ?? randomBytes(12).toString("base64url");
  try {
    await accounts.createAdministrator({ email, password, name: "Administrator" });
  } catch (error) {
    throw new Error(`No administrator can be made of ADMIN_EMAIL and ADMIN_PASSWORD: ${(error as Error).message}.`);
  }
  return { email, password: givenPassword === null ? password : null };
}
