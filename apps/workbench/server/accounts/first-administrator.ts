import { randomBytes } from "node:crypto";
import type { Accounts } from "./accounts.ts";

/** What the operator is shown, once. */
export interface MadeAdministrator {
  readonly email: string;
  /** A generated password to print; null when it is in a file, or came from ADMIN_PASSWORD. */
  readonly password: string | null;
  /** The file that holds a generated password instead of printing it; null otherwise. */
  readonly passwordFile: string | null;
}

interface AdministratorOptions {
  readonly email: string;
  readonly givenPassword: string | null;
  /** Writes a generated password to a file, because printed output is kept in logs. Null where it is printed. */
  readonly keepPassword: ((password: string) => string) | null;
}

/**
 * Creates an administrator if there is no account yet; otherwise returns null.
 * @throws Error with one sentence when ADMIN_EMAIL or ADMIN_PASSWORD is not acceptable
 */
export async function ensureAdministrator(
  accounts: Accounts,
  { email, givenPassword, keepPassword }: AdministratorOptions,
): Promise<MadeAdministrator | null> {
  if ((await accounts.countUsers()) > 0) return null;
  const password = givenPassword ?? randomBytes(12).toString("base64url");
  // Before the account is created: a password that cannot be stored must not be in use.
  const passwordFile = givenPassword === null && keepPassword !== null ? keepPassword(password) : null;
  try {
    await accounts.createAdministrator({ email, password, name: "Administrator" });
  } catch (error) {
    throw new Error(`No administrator can be made of ADMIN_EMAIL and ADMIN_PASSWORD: ${(error as Error).message}.`);
  }
  return { email, password: givenPassword === null && passwordFile === null ? password : null, passwordFile };
}
