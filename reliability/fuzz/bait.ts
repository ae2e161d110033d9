/**
 * The users and tasks that are attacked: the same in every run, so that a seed and a number name bytes. Both the server
 * and the senders read this.
 */
import { taskRoom, userRoom } from "@signalbox/protocol";

/** The user that a connection is opened for. */
export interface Identity {
  readonly userId: string;
  readonly role: "user" | "admin";
  /** Opens the session, as a bearer token or as the value of the cookie. */
  readonly token: string;
  /** Names the session. */
  readonly ref: string;
}

const identity = (userId: string, role: Identity["role"] = "user"): Identity => ({
  ...{ userId, role },
  token: `token-of-${userId}`,
  ref: `session-of-${userId}`,
});

const several = (count: number, name: string, role?: Identity["role"]): Identity[] =>
  Array.from({ length: count }, (_, index) => identity(`${name}-${index}`, role));

/** Signed in with bearer tokens; the first also with a cookie. */
export const attackers = several(8, "attacker");
export const admins = several(4, "boss", "admin");
/** Users whose sessions administrators may end and whom they may disconnect: no client is connected as these. */
export const prey = several(4, "prey");
/** Users who must not notice anything: one on each transport. */
export const watchers = { websocket: identity("bystander"), polling: identity("victim") } as const;

export const everybody: readonly Identity[] = [...attackers, ...admins, ...prey, ...Object.values(watchers)];

export const byCookie = attackers[0] as Identity;
/**
 * CSRF tokens are stateless: this one was issued once, by a server with this secret for this session, and is good for
 * every such server.
 */
export const secret = "a secret of the fuzzer, no secret at all";
export const csrf = "BJIbNH5s1DsEsXpsUHvEmQ.x7bJArQ2gPNhQmCWFIYtDcqiEO_pGYu8h027qo2rGYs";
export const cookieOf = ({ token }: Identity): string => `fuzz.sid=${token}`;

/** Independent of the port, so that requests are the same in every run. */
export const origin = "http://fuzz.example";

/** A task of each, by its owner's name. */
export const taskOf = (userId: string): string => `work-${userId}`;
export const streamOf = (userId: string): string => `stream-${userId}`;

/**
 * In the titles and messages of what belongs to the watchers, and in no case: another client that receives it has
 * received a secret.
 */
export const canary = "canary-9e1f7c52";

/** The application opens rooms of this kind to everybody who is signed in. */
export const openRooms = "lobby-";

/** Lets a client that opens a connection name its `sid`: a random one would make requests differ from run to run. */
export const sidHeader = "x-fuzz-sid";
export const sidOf = (watcher: Identity): string => `sid-of-${watcher.userId}`;

/** Names that senders use on purpose, though they are not theirs. */
export const forbiddenFruit: readonly string[] = [
  ...Object.values(watchers).flatMap(({ userId, ref }) => [
    userId,
    ref,
    taskOf(userId),
    streamOf(userId),
    userRoom(userId),
    taskRoom(streamOf(userId)),
  ]),
  "admin_dashboard",
  "admin_general",
  "security_alerts",
  "user_general",
];
