import { createHash } from "node:crypto";

/** Who connects: a user has a number, from which address and session follow, in every process and after every restart. */

/** Users from this number on are administrators, who may watch any user's task. */
export const firstAdministrator = 10_000;

/** How many users there are of each kind. */
export const usersOfEach = 4000;

/** The value of the session cookie: the number, and a secret that no attacker could guess from it in earnest. */
export const sessionOf = (user: number): string =>
  `${user}.${createHash("sha256").update(`session of user ${user}`).digest("base64url")}`;

/** An address of its own for each, so that limits per address see as many as in life; all of 127.0.0.0/8 is loopback. */
export const addressOf = (user: number): string => `127.1.${Math.floor(user / 250)}.${(user % 250) + 1}`;

/** The page that clients say they come from. */
export const origin = "http://bench.test";

export const cookieName = "bench.sid";
