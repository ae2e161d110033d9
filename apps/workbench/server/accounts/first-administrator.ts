import { randomBytes } from "node:crypto";
import type { Accounts } from "./accounts.ts";

/** What to tell the operator, once. */
export interface MadeAdministrator {
  readonly email: string;
  /** A made-up password for the terminal; null when it is in a file, or came from ADMIN_PASSWORD. */
  readonly password: string | null;
  /** Where a made-up password is kept instead of being printed; null otherwise. */
  readonly passwordFile: string | null;
}

interface AdministratorOptions {
  readonly email: string;
  readonly givenPassword: string | null;
  /** Puts a made-up password into a file, because what is printed is kept in logs. Null where it is printed. */
  readonly keepPassword: ((password: string) => string) | null;
}

/**
 * Makes an administrator where there is no account yet; null otherwise.
 * @throws Error with one sentence when ADMIN_EMAIL or ADMIN_PASSWORD will not do
 */
export async function ensureAdministrator(
  accounts: Accounts,
  { email, givenPassword, keepPassword }: AdministratorOptions,
): Promise<MadeAdministrator | null> {
  if ((await accounts.countUsers()) > 0) return null;
  const password = givenPassword ?? randomBytes(12).toString("base64url");
  // Before the account is made: a password that cannot be kept must not be in use.
  const passwordFile = givenPassword === null && keepPassword !== null ? keepPassword(password) : null;
  try {
    await accounts.createAdministrator({ email, password, name: "Administrator" });
  } catch (error) {
    throw new Error(`No administrator can be made of ADMIN_EMAIL and ADMIN_PASSWORD: ${(error as Error).message}.`);
  }
  return { email, password: givenPassword === null && passwordFile === null ? password : null, passwordFile };
}
