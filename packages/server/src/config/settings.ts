/** Every setting of Signalbox. The loader, CONFIGURATION.md and .env.example are derived from this table. */
import { boolean, type ConfigOf, choice, integer, list, optionalText, optionalUrl, text } from "./setting.ts";

const minute = 60;
const day = 86_400;

/** Parts of Signalbox whose activity can be logged separately. */
const debugParts = ["events", "notifications", "origin", "sessions", "tasks"] as const;

export type DebugPart = (typeof debugParts)[number];

/** The table of all settings: field of the configuration -> its description. */
export const settings = {
  mode: choice(
    "NODE_ENV",
    ["development", "production", "test"],
    "development",
    "Production refuses to start on a bad setting, demands SIGNALBOX_SECRET, and sends clients no hints. Any other word than these is refused, as production would.",
    { aliases: ["FLASK_ENV"] },
  ),
  host: text("HOST", "localhost", "Address to listen on; also the host of the derived origins.", {
    aliases: ["FLASK_HOST"],
  }),
  port: integer("PORT", 5000, "Port to listen on; also the port of the derived origins.", {
    aliases: ["FLASK_PORT"],
    min: 0,
    max: 65_535,
  }),
  publicUrl: optionalUrl(
    "PUBLIC_URL",
    "The address at which people reach the application, when it is not http://HOST:PORT.",
  ),
  tlsCertFile: optionalText(
    "TLS_CERT_FILE",
    "File with the certificate and its chain, in PEM: the server speaks https. A new one is taken when the file changes.",
  ),
  tlsKeyFile: optionalText(
    "TLS_KEY_FILE",
    "File with the private key of that certificate, in PEM, without a passphrase.",
  ),
  trustProxy: list(
    "TRUST_PROXY",
    [],
    "Proxies whose X-Forwarded-For and X-Request-Id are believed: addresses, networks such as 10.0.0.0/8, or `loopback`, `linklocal`, `uniquelocal`.",
  ),
  secret: optionalText(
    "SIGNALBOX_SECRET",
    "Key for CSRF tokens, the same on every node. Made up at each start when missing.",
    { secret: true, minLength: 32, requiredInProduction: true },
  ),

  corsOrigins: list(
    "SOCKETIO_CORS_ORIGINS",
    [],
    "Origins that may connect, instead of those derived from HOST, PORT and PUBLIC_URL. `https://*.example.com` names subdomains; app shells and extensions are named as they are, such as `capacitor://localhost`.",
  ),
  corsCredentials: boolean(
    "SOCKETIO_CORS_CREDENTIALS",
    true,
    "Whether browsers may send cookies from other allowed origins.",
  ),
  corsHeaders: list(
    "SIGNALBOX_CORS_HEADERS",
    [],
    "Request headers that pages of other allowed origins may send, beside Signalbox's own and those of tracing (W3C, Sentry, Datadog, B3).",
  ),
  corsReportOnly: boolean(
    "SOCKETIO_CORS_REPORT_ONLY",
    false,
    "Log what the origin policy would refuse, and let it pass. For trying out a list.",
  ),

  path: text(
    "SOCKETIO_PATH",
    "/socket.io/",
    "Path of the Socket.IO endpoint; ends with one slash, which is added when missing.",
  ),
  transports: list("SOCKETIO_TRANSPORTS", ["polling", "websocket"], "Transports that clients may use.", {
    of: ["polling", "websocket"],
  }),
  pingInterval: integer("SOCKETIO_PING_INTERVAL", 25, "Time between two heartbeats.", {
    unit: "seconds",
    min: 1,
    max: 300,
  }),
  pingTimeout: integer("SOCKETIO_PING_TIMEOUT", 20, "How long an unanswered heartbeat is waited for.", {
    unit: "seconds",
    min: 1,
    max: 300,
  }),
  maxHttpBufferSize: integer(
    "SOCKETIO_MAX_HTTP_BUFFER_SIZE",
    1_000_000,
    "Largest frame or polling body; a larger one closes the connection.",
    { unit: "bytes", min: 1_000, max: 100_000_000 },
  ),
  maxEventSize: integer(
    "SIGNALBOX_MAX_EVENT_SIZE",
    65_536,
    "Largest single event; a larger one is refused with `payload_too_large`, and the connection is kept.",
    { unit: "bytes", min: 256, max: 100_000_000 },
  ),
  connectTimeout: integer(
    "SIGNALBOX_CONNECT_TIMEOUT",
    5,
    "How long a connection may stay without a namespace; a session look-up may take four fifths of it.",
    { unit: "seconds", min: 1, max: 60 },
  ),

  reconnection: boolean("SOCKETIO_RECONNECTION", true, "Whether clients reconnect by themselves."),
  reconnectionAttempts: integer("SOCKETIO_RECONNECTION_ATTEMPTS", 0, "How often clients try again; 0 for no limit.", {
    min: 0,
    max: 1_000_000,
  }),
  reconnectionDelay: integer("SOCKETIO_RECONNECTION_DELAY", 1000, "Delay before the first new attempt of a client.", {
    unit: "milliseconds",
    min: 50,
    max: 600_000,
  }),
  reconnectionDelayMax: integer("SOCKETIO_RECONNECTION_DELAY_MAX", 5000, "Longest delay between two attempts.", {
    unit: "milliseconds",
    min: 50,
    max: 3_600_000,
  }),
  timeout: integer("SOCKETIO_TIMEOUT", 20_000, "How long a client waits for a connection attempt.", {
    unit: "milliseconds",
    min: 500,
    max: 600_000,
  }),
  drainDelay: integer(
    "SIGNALBOX_DRAIN_DELAY",
    0,
    "How long a server that is stopped goes on as before, but for /readyz failing: for load balancers to notice.",
    { unit: "seconds", min: 0, max: 300 },
  ),
  drainWindow: integer(
    "SIGNALBOX_DRAIN_WINDOW",
    0,
    "Within this time a server that is stopped sends its clients to the other nodes, in batches. With 0 all go at once, and come back within SOCKETIO_RECONNECTION_DELAY_MAX.",
    { unit: "seconds", min: 0, max: 3600 },
  ),

  requireAuth: boolean(
    "SOCKETIO_REQUIRE_AUTH",
    true,
    "Whether `/` demands a session. Without it, visitors connect as guests; `/admin` always demands one.",
  ),
  sessionValidation: boolean(
    "SOCKETIO_SESSION_VALIDATION",
    true,
    "Whether live connections follow their session: expiry, logout, ban and role changes. Off: checked at connect only.",
  ),
  sessionRecheck: integer(
    "SIGNALBOX_SESSION_RECHECK",
    30,
    "How often the session of a live connection is looked up again, for changes that were not reported.",
    { unit: "seconds", min: 1, max: day },
  ),
  sessionCache: integer(
    "SIGNALBOX_SESSION_CACHE",
    2000,
    "How long an answer of the session store is used again; changes that are reported empty it at once.",
    { unit: "milliseconds", min: 0, max: 60_000 },
  ),
  csrfProtection: boolean(
    "SOCKETIO_CSRF_PROTECTION",
    true,
    "Whether a connection or change authenticated by a cookie must carry the session's CSRF token.",
  ),

  rateLimiting: boolean("SOCKETIO_RATE_LIMITING", true, "Whether connections and messages are limited by rate."),
  penalties: boolean(
    "SIGNALBOX_PENALTIES",
    true,
    "Whether repeated offences keep a user, or the guests at one address, out for a while. Administrators see and lift blocks.",
  ),
  connectRatePerAddress: integer(
    "SIGNALBOX_CONNECT_RATE_PER_ADDRESS",
    120,
    "New connections of one client address (IPv6: one /64).",
    { unit: "per minute", min: 1, max: 1_000_000 },
  ),
  connectRatePerUser: integer(
    "SIGNALBOX_CONNECT_RATE_PER_USER",
    60,
    "New connections of one user; of one address (IPv6: one /64) for guests.",
    {
      unit: "per minute",
      min: 1,
      max: 1_000_000,
    },
  ),
  messageRate: integer(
    "SIGNALBOX_MESSAGE_RATE",
    50,
    "Messages of one user, or of the guests at one address, over all sockets.",
    {
      unit: "per second",
      min: 1,
      max: 1_000_000,
    },
  ),
  messageBurst: integer(
    "SIGNALBOX_MESSAGE_BURST",
    100,
    "Messages that one user, or the guests at one address, may send at once.",
    {
      min: 1,
      max: 1_000_000,
    },
  ),
  maxConnections: integer("SOCKETIO_MAX_CONNECTIONS", 10_000, "Connections in all; further ones are told to wait.", {
    min: 1,
    max: 1_000_000,
  }),
  maxConnectionsPerUser: integer(
    "SIGNALBOX_MAX_CONNECTIONS_PER_USER",
    5,
    "Connections of one user, or of the guests at one address, to `/`.",
    {
      min: 1,
      max: 10_000,
    },
  ),
  maxConnectionsPerAdmin: integer(
    "SIGNALBOX_MAX_CONNECTIONS_PER_ADMIN",
    3,
    "Connections of one administrator to `/admin`.",
    { min: 1, max: 10_000 },
  ),
  maxRoomsPerSocket: integer("SIGNALBOX_MAX_ROOMS_PER_SOCKET", 100, "Rooms and tasks that one socket may join.", {
    min: 1,
    max: 100_000,
  }),

  progressFlush: integer("PROGRESS_FLUSH_MS", 100, "Longest delay of a progress update; changes between are skipped.", {
    unit: "milliseconds",
    min: 10,
    max: 10_000,
  }),
  progressTickTasks: integer(
    "PROGRESS_TICK_TASKS",
    200,
    "Tasks whose progress one client is sent in one tick; the rest follows in the next.",
    { min: 1, max: 10_000 },
  ),
  progressTickBytes: integer(
    "PROGRESS_TICK_BYTES",
    65_536,
    "Progress that one client is sent in one tick; the rest follows in the next.",
    { unit: "bytes", min: 1_000, max: 65_536 },
  ),
  maxBufferedBytes: integer(
    "SIGNALBOX_MAX_BUFFERED_BYTES",
    1_000_000,
    "What may wait for a client that reads slowly. From a sixteenth of it on, progress is held back and only its latest state sent, and notifications wait; above it the connection is closed.",
    { unit: "bytes", min: 10_000, max: 1_000_000_000 },
  ),
  noticeEscalation: integer(
    "SIGNALBOX_NOTICE_ESCALATION",
    300,
    "After this time an unacknowledged critical notice is handed to the application's `onUnacknowledged`.",
    { unit: "seconds", min: 1, max: day },
  ),
  noticeBatch: integer(
    "SIGNALBOX_NOTICE_BATCH",
    15,
    "How long notices of low priority wait for others while all of a user's connections are on polling or read slowly.",
    { unit: "seconds", min: 0, max: 300 },
  ),
  adminMetricsInterval: integer("SIGNALBOX_ADMIN_METRICS_INTERVAL", 2, "Time between two metrics on `/admin`.", {
    unit: "seconds",
    min: 1,
    max: minute,
  }),
  securityFold: integer("SIGNALBOX_SECURITY_FOLD", 10, "Within this time equal security events become one line.", {
    unit: "seconds",
    min: 1,
    max: 3600,
  }),
  securityLogRows: integer("SIGNALBOX_SECURITY_LOG_ROWS", 100_000, "Lines of the security log that are kept.", {
    min: 100,
    max: 100_000_000,
  }),

  redisUrl: optionalText(
    "REDIS_URL",
    "Redis that joins several processes, such as redis://localhost:6379; to be handed to `connectRedis`. Without it there is one.",
    { secret: true },
  ),
  redisPrefix: text(
    "SIGNALBOX_REDIS_PREFIX",
    "signalbox",
    "Begins every key in Redis: applications that share one differ.",
  ),

  metricsToken: optionalText(
    "SIGNALBOX_METRICS_TOKEN",
    "Bearer token for GET /metrics. Without it they are refused in production; in development loopback reads them.",
    { secret: true, minLength: 16 },
  ),
  operationRoutes: boolean(
    "SIGNALBOX_OPERATION_ROUTES",
    true,
    "Whether /livez, /readyz and /metrics are answered; off when the application has its own.",
  ),
  legacyEvents: boolean("SOCKETIO_LEGACY_EVENTS", true, "Whether legacy Flask-SocketIO clients are served."),
  logLevel: choice(
    "SOCKETIO_LOG_LEVEL",
    ["debug", "info", "warn", "error", "silent"],
    "info",
    "Least level to log.",
    {},
  ),
  logConnections: boolean("SOCKETIO_LOG_CONNECTIONS", false, "Log every connection and disconnection."),
  debug: boolean(
    "SOCKETIO_DEBUG",
    false,
    "Log what every part does: each event and answer, without payloads, each look-up and verdict. Implies level `debug`.",
  ),
  debugParts: list("SIGNALBOX_DEBUG_PARTS", [], "The same for some parts only. Implies level `debug`.", {
    of: debugParts,
  }),
} as const;

/** The configuration of Signalbox, frozen, complete and valid. */
export type Config = ConfigOf<typeof settings> & { readonly secret: string };
