/** Whom a session belongs to, as an application's own record of it says. */
export interface SessionUser {
  readonly userId: string;
  /** Shown to administrators. */
  readonly username: string;
  /** Only the word `admin`, alone or in a list such as `"editor,admin"`, grants administration. */
  readonly role?: string | null | undefined;
}
