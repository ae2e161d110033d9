/** The user of a session, according to the application's own data. */
export interface SessionUser {
  readonly userId: string;
  /** Shown to administrators. */
  readonly username: string;
  /** Only the word `admin`, alone or in a list such as `"editor,admin"`, grants administration. */
  readonly role?: string | null | undefined;
}
