import { settings } from "@signalbox/server/config";
import { judgeEnvironment } from "./judge.ts";

/** What happened to one line of the Flask-SocketIO environment. */
interface Change {
  readonly name: string;
  readonly kind: "renamed" | "converted" | "removed" | "meaning" | "unknown";
  readonly says: string;
}

export interface Migration {
  /** The new file. Comments, empty lines and the application's own settings keep their position. */
  readonly text: string;
  readonly changes: readonly Change[];
  /** What the loader reports about the result, so that problems show before the first start. */
  readonly problems: readonly string[];
}

/** Flask-SocketIO's name -> Signalbox's name. */
const renamed: Readonly<Record<string, string>> = {
  FLASK_HOST: "HOST",
  FLASK_RUN_HOST: "HOST",
  FLASK_PORT: "PORT",
  FLASK_RUN_PORT: "PORT",
  FLASK_ENV: "NODE_ENV",
  SECRET_KEY: "SIGNALBOX_SECRET",
  FLASK_SECRET_KEY: "SIGNALBOX_SECRET",
  SOCKETIO_MESSAGE_QUEUE: "REDIS_URL",
};

/** Settings without a counterpart, and why none is needed. */
const removed: Readonly<Record<string, string>> = {
  SOCKETIO_ASYNC_MODE: "Node.js has one way of waiting, and needs no choice between threads, eventlet and gevent.",
  SOCKETIO_CONNECTION_POOL_SIZE: "Nothing read it: connections are no pool.",
  SOCKETIO_CORS_METHODS: "The methods that routes answer are named to preflights by the server itself.",
  SOCKETIO_CORS_HEADERS: "The headers that clients send are named to preflights by the server itself.",
  SOCKETIO_FORCE_NEW: "The client keeps one connection for all namespaces, and for all tabs of a browser.",
  SOCKETIO_UPGRADE: "A connection upgrades whenever SOCKETIO_TRANSPORTS names both transports.",
  SOCKETIO_REMEMBER_UPGRADE: "The client begins with the transport that worked last.",
  SOCKETIO_WITH_CREDENTIALS:
    "Cookies are sent with every request; SOCKETIO_CORS_CREDENTIALS says whether from other origins.",
  SOCKETIO_ENGINEIO_LOGGER: "SOCKETIO_DEBUG logs the events of connections.",
  SOCKETIO_LOGGER: "SOCKETIO_DEBUG logs events and answers.",
  FLASK_DEBUG: "NODE_ENV=development gives hints; SOCKETIO_DEBUG logs events.",
  FLASK_APP: "The application is started by Node.js.",
};

/** Settings that keep their name but have a different or wider meaning. */
const meanings: Readonly<Record<string, string>> = {
  SOCKETIO_CORS_ORIGINS:
    "Holds for the WebSocket upgrade as well, and replaces the derived origins altogether. In production * is refused while SOCKETIO_CORS_CREDENTIALS is true.",
  SOCKETIO_SESSION_VALIDATION:
    "Sessions are followed for as long as a connection lives: logout, expiry, a ban or a role change ends or narrows it within a second. Before, they were read once.",
  SOCKETIO_CSRF_PROTECTION:
    "A connection that a cookie authenticates must carry the token of client-config in `auth.csrf`.",
  SOCKETIO_RATE_LIMITING:
    "Limits messages too, per user, and connections per address: see SIGNALBOX_MESSAGE_RATE and SIGNALBOX_CONNECT_RATE_PER_ADDRESS.",
  SOCKETIO_MAX_CONNECTIONS: "Holds for each process; further clients are told when to come back.",
  SOCKETIO_RECONNECTION_ATTEMPTS:
    "After so many attempts a client gives up for good; with 0, which is the default here, it goes on for as long as the page is open.",
  REDIS_URL:
    "Joins several processes: hand it to `connectRedis(config)`. Sessions stay with the application's own store.",
};

const seconds = new Set(["SOCKETIO_PING_TIMEOUT", "SOCKETIO_PING_INTERVAL"]);

/** A ping value above this can only be in milliseconds: it is the maximum allowed in seconds. */
const mostSeconds = 300;

/** Python's log levels -> Signalbox's. */
const levels: Readonly<Record<string, string>> = {
  NOTSET: "debug",
  DEBUG: "debug",
  INFO: "info",
  WARN: "warn",
  WARNING: "warn",
  ERROR: "error",
  CRITICAL: "error",
  FATAL: "error",
};

/** Names that the migration handles. Others belong to the application and pass unchanged. */
const own = /^(SOCKETIO|FLASK)_|^SECRET_KEY$|^REDIS_URL$/;

const known = new Set(Object.values(settings).map(({ env }) => env));
const assignment = /^(\s*(?:export\s+)?)([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/;

/**
 * Converts the environment of a Flask-SocketIO application into Signalbox's, line by line.
 * @param source - the text of a `.env` file
 */
export function migrateFlask(source: string): Migration {
  const changes: Change[] = [];
  const written = new Map<string, string>();
  const lines = source.split(/\r?\n/).flatMap((line) => {
    const [, prefix = "", name = "", given = ""] = assignment.exec(line) ?? [];
    if (!own.test(name)) return [line];
    const quotes = /^(["'])(.*)\1/.exec(given)?.[1] ?? "";
    const value = quotes === "" ? given.replace(/\s+#.*$/, "") : given.slice(1, given.lastIndexOf(quotes));
    const moved = moveLine(name, value, changes);
    if (moved === undefined) return [`# ${line.trim()}`];
    if (written.has(moved.name)) {
      changes.push({
        name,
        kind: "removed",
        says: `${moved.name} is given by an earlier line, and the first one counts.`,
      });
      return [`# ${line.trim()}`];
    }
    written.set(moved.name, moved.value);
    return [`${prefix}${moved.name}=${quotes}${moved.value}${quotes}`];
  });
  return { text: lines.join("\n"), changes, problems: judgeEnvironment(Object.fromEntries(written)).problems };
}

/** Returns one setting under its new name; undefined when it has none. */
function moveLine(name: string, value: string, changes: Change[]): { name: string; value: string } | undefined {
  const tell = (kind: Change["kind"], says: string): void => void changes.push({ name, kind, says });
  const gone = removed[name];
  if (gone !== undefined) {
    tell("removed", gone);
    return undefined;
  }
  const target = renamed[name] ?? name;
  if (target !== name) tell("renamed", `is ${target} now.`);
  if (!known.has(target)) {
    tell("unknown", "is no setting here; the line was left out.");
    return undefined;
  }
  const meaning = meanings[target];
  if (meaning !== undefined) tell("meaning", meaning);
  const converted = convert(target, value);
  if (converted !== value) tell("converted", `${target} was ${JSON.stringify(value)}, and is ${converted} now.`);
  return { name: target, value: converted };
}

function convert(name: string, value: string): string {
  if (name === "SOCKETIO_LOG_LEVEL") return levels[value.toUpperCase()] ?? value;
  if (name === "NODE_ENV") return value === "testing" ? "test" : value;
  if (seconds.has(name) && Number(value) > mostSeconds) return String(Math.round(Number(value) / 1000));
  return value;
}
