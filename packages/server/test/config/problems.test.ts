import { describe, expect, it } from "vitest";
import { ConfigError, exposeHints, loadConfig } from "../../src/config/load-config.ts";
import { optionalText, text } from "../../src/config/setting.ts";
import { type Config, settings } from "../../src/config/settings.ts";

type Env = Record<string, string>;
const secret = "a-secret-of-more-than-thirty-two-characters";
const production = { NODE_ENV: "production", SIGNALBOX_SECRET: secret };
const warningsOf = (env: Env): readonly string[] => loadConfig(env).warnings;

/** The problems of an environment in production; none when the configuration loads. */
function problemsOf(env: Env): readonly string[] {
  try {
    loadConfig({ ...production, ...env });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const originAdvice =
  "an origin is scheme, host and port as browsers send it, such as https://app.example.com, https://*.example.com, capacitor://localhost or chrome-extension://<id>; pages of files send null.";
const noOriginAdvice = "from which no origin follows: give one host name or address, without a user, a path or *.";
const headerAdvice = "give up to 50 names of headers, such as x-request-source, without *.";
const bareAddress = "but must be scheme, host and port only, such as https://app.example.com.";
const pathAdvice = "but must begin with / and have only letters, digits and . _ - / in it.";

/**
 * A bad environment, the problem, the defaults as the warning names them, and the same defaults in the configuration.
 */
type Case = readonly [env: Env, problem: string, told: string, used: Partial<Config>];
const unset = "The default is used, as if it were not set.";
const badValues: readonly Case[] = [
  [
    { PORT: "x" },
    'PORT is "x", but must be a whole number from 0 to 65535.',
    "The default is used: 5000.",
    { port: 5000 },
  ],
  [
    { SOCKETIO_PING_TIMEOUT: "0" },
    'SOCKETIO_PING_TIMEOUT is "0", but must be a whole number from 1 to 300 (seconds).',
    "The default is used: 20.",
    { pingTimeout: 20 },
  ],
  [
    { SOCKETIO_LOG_LEVEL: "INFO" },
    'SOCKETIO_LOG_LEVEL is "INFO", but must be one of debug, info, warn, error, silent.',
    "The default is used: info.",
    { logLevel: "info" },
  ],
  [
    { SOCKETIO_TRANSPORTS: "websocket, webtransport" },
    'SOCKETIO_TRANSPORTS is "websocket, webtransport", but has "webtransport", which is none of polling, websocket.',
    "The default is used: polling,websocket.",
    { transports: ["polling", "websocket"] },
  ],
  [
    { SOCKETIO_TRANSPORTS: " , " },
    'SOCKETIO_TRANSPORTS is ",", but names nothing.',
    "The default is used: polling,websocket.",
    { transports: ["polling", "websocket"] },
  ],
  ...["app.example.com", "ftp://app.test", "//app.test", "javascript:alert(1)"].map((PUBLIC_URL): Case => {
    const problem = `PUBLIC_URL is "${PUBLIC_URL}", but must be an http or https address.`;
    return [{ PUBLIC_URL }, problem, unset, { publicUrl: null }];
  }),
  ...["https://app.test/path", "https://app.test/?a", "https://app.test/#a", "https://me@app.test"].map(
    (PUBLIC_URL): Case => [{ PUBLIC_URL }, `PUBLIC_URL is "${PUBLIC_URL}", ${bareAddress}`, unset, { publicUrl: null }],
  ),
  ...["socket.io", "/a b", "/a?b", "/a#b", "/ä", "https://app.test/"].map((SOCKETIO_PATH): Case => {
    const problem = `SOCKETIO_PATH is "${SOCKETIO_PATH}", ${pathAdvice}`;
    return [{ SOCKETIO_PATH }, problem, "The default is used: /socket.io/.", { path: "/socket.io/" }];
  }),
  ...["app.test", "https://app.test/", "https://APP.test", "https://app.test:443", "https://*", "wss://app.test"].map(
    (origin): Case => [
      { SOCKETIO_CORS_ORIGINS: `https://good.test, ${origin}` },
      `SOCKETIO_CORS_ORIGINS has "${origin}"; ${originAdvice}`,
      unset,
      { corsOrigins: [] },
    ],
  ),
  ...["*", "x tenant", "x:y", "é", "x".repeat(65)].map(
    (name): Case => [
      { SIGNALBOX_CORS_HEADERS: `x-tenant, ${name}` },
      `SIGNALBOX_CORS_HEADERS has "${name}"; ${headerAdvice}`,
      unset,
      { corsHeaders: [] },
    ],
  ),
  [
    { SIGNALBOX_CORS_HEADERS: Array.from({ length: 51 }, (_each, n) => `x-${n}`).join() },
    `SIGNALBOX_CORS_HEADERS has 51 names; ${headerAdvice}`,
    unset,
    { corsHeaders: [] },
  ],
  ...["1", "true", "10.0.0.300", "10.0.0.0/33", "proxy.test"].map(
    (proxy): Case => [
      { TRUST_PROXY: `loopback, ${proxy}` },
      `TRUST_PROXY has "${proxy}"; give addresses, networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal.`,
      unset,
      { trustProxy: [] },
    ],
  ),
  ...["a b", "x/y", "*", "me@app.test"].map(
    (HOST): Case => [
      { HOST },
      `HOST is "${HOST}", ${noOriginAdvice}`,
      "The default is used: localhost.",
      { host: "localhost" },
    ],
  ),
  [
    { PUBLIC_URL: "https://*.example.com" },
    `PUBLIC_URL is "https://*.example.com", ${noOriginAdvice}`,
    unset,
    { publicUrl: null },
  ],
];
const conflicts: readonly Case[] = [
  [
    { SOCKETIO_RECONNECTION_DELAY: "900", SOCKETIO_RECONNECTION_DELAY_MAX: "899" },
    "SOCKETIO_RECONNECTION_DELAY_MAX is 899, less than SOCKETIO_RECONNECTION_DELAY, which is 900.",
    "The defaults are used: SOCKETIO_RECONNECTION_DELAY=1000, SOCKETIO_RECONNECTION_DELAY_MAX=5000.",
    { reconnectionDelay: 1000, reconnectionDelayMax: 5000 },
  ],
  [
    { SIGNALBOX_MESSAGE_RATE: "101" },
    "SIGNALBOX_MESSAGE_BURST is 100, less than SIGNALBOX_MESSAGE_RATE, which is 101.",
    "The defaults are used: SIGNALBOX_MESSAGE_RATE=50, SIGNALBOX_MESSAGE_BURST=100.",
    { messageRate: 50, messageBurst: 100 },
  ],
  [
    { SIGNALBOX_MAX_EVENT_SIZE: "5001", SOCKETIO_MAX_HTTP_BUFFER_SIZE: "5000" },
    "SIGNALBOX_MAX_EVENT_SIZE is 5001, more than SOCKETIO_MAX_HTTP_BUFFER_SIZE, which is 5000.",
    "The defaults are used: SOCKETIO_MAX_HTTP_BUFFER_SIZE=1000000, SIGNALBOX_MAX_EVENT_SIZE=65536.",
    { maxEventSize: 65_536, maxHttpBufferSize: 1_000_000 },
  ],
];

describe.each([
  ["a bad value", badValues],
  ["values that contradict each other", conflicts],
])("%s", (_what, cases) => {
  it.each(cases)("%j: a warning says what is wrong and which default is used", (env, problem, told, used) => {
    for (const mode of ["development", "test"]) {
      const { config, warnings, sources } = loadConfig({ ...env, NODE_ENV: mode });
      expect(warnings).toEqual([`${problem} ${told}`]);
      expect(config).toMatchObject(used);
      for (const key of Object.keys(used)) {
        expect(sources.get(settings[key as keyof typeof settings].env)).toBe("default");
      }
    }
  });
  it.each(cases)("%j: production refuses to start", (env, problem) => expect(problemsOf(env)).toEqual([problem]));
});

describe("values at the edge of a rule between settings are good", () => {
  it.each([
    { SOCKETIO_RECONNECTION_DELAY: "5000" },
    { SIGNALBOX_MESSAGE_RATE: "100" },
    { SIGNALBOX_MAX_EVENT_SIZE: "1000000" },
    { SOCKETIO_PATH: "/a/b_c-d.e" },
    { PUBLIC_URL: "https://app.test:443/" },
    { SOCKETIO_CORS_ORIGINS: "https://app.test,,https://*.app.test:8443, null ," },
  ])("%j", (env) => expect(problemsOf(env)).toEqual([]));
});

describe("SOCKETIO_PATH", () => {
  it.each(["/live", "/live/", "/live//"])("%s ends with one slash, which is what clients ask for", (path) => {
    expect(loadConfig({ SOCKETIO_PATH: path }).config.path).toBe("/live/");
  });
});

describe("HOST", () => {
  it("need not make an origin where SOCKETIO_CORS_ORIGINS names them all", () => {
    expect(problemsOf({ HOST: "fe80::1%eth0", SOCKETIO_CORS_ORIGINS: "https://app.test" })).toEqual([]);
    const { config, warnings } = loadConfig({ HOST: "a b", SOCKETIO_CORS_ORIGINS: "nowhere" });
    expect(warnings).toHaveLength(2);
    expect(config).toMatchObject({ host: "localhost", corsOrigins: [] });
  });
});

describe("NODE_ENV", () => {
  it.each(["NODE_ENV", "FLASK_ENV"])(
    "%s that is no mode is refused by the rules of production, all at once",
    (name) => {
      for (const mode of ["prod", "staging", "Production", "toString"]) {
        const env = { [name]: mode, PORT: "x", SOCKETIO_CORS_ORIGINS: "*" };
        expect(() => loadConfig(env)).toThrow(ConfigError);
        const problems = problemsOf({ NODE_ENV: "", ...env, SIGNALBOX_SECRET: "" });
        expect(problems.map((problem) => problem.split(" ")[0])).toEqual([
          ...[name, "PORT", "SOCKETIO_CORS_ORIGINS", "SIGNALBOX_SECRET"],
        ]);
        expect(problems[0]).toBe(`${name} is "${mode}", but must be one of development, production, test.`);
      }
      for (const unset of ["", " "]) expect(loadConfig({ [name]: unset }).config.mode).toBe("development");
    },
  );
  it("allows hints unless it is production", () => {
    const modes = [{}, { NODE_ENV: "test" }, production].map((env) => exposeHints(loadConfig(env).config));
    expect(modes).toEqual([true, true, false]);
  });
});

describe("all problems are told at once", () => {
  const env = { ...{ PORT: "x", SOCKETIO_DEBUG: "maybe", SOCKETIO_PATH: "live" }, SIGNALBOX_MESSAGE_BURST: "1" };
  it("in production by one error, one a line, the missing secret among them", () => {
    const problems = problemsOf({ ...env, SIGNALBOX_SECRET: "" });
    const names = problems.map((problem) => problem.split(" ")[0]);
    expect(names).toEqual(["PORT", "SOCKETIO_DEBUG", "SIGNALBOX_MESSAGE_BURST", "SOCKETIO_PATH", "SIGNALBOX_SECRET"]);
    const { name, message } = new ConfigError(problems);
    expect(name).toBe("ConfigError");
    expect(message.split("\n")).toEqual([
      "The configuration has 5 problem(s):",
      ...problems.map((problem) => `- ${problem}`),
    ]);
    expect(() => loadConfig({ ...env, NODE_ENV: "production" })).toThrow(message);
  });
  it("in development by one warning each", () => {
    expect(warningsOf(env)).toHaveLength(4);
  });
  it("also those that only come out when origins and proxies are made of them", () => {
    const names = (texts: readonly string[]) => texts.map((text) => text.split(" ")[0]);
    const more = { ...env, HOST: "a b", TRUST_PROXY: "1", PUBLIC_URL: "https://*.test" };
    const expected = [...["PORT", "SOCKETIO_DEBUG", "SIGNALBOX_MESSAGE_BURST", "SOCKETIO_PATH"]];
    for (const told of [problemsOf(more), warningsOf(more)]) {
      expect(names(told)).toEqual([...expected, "HOST", "PUBLIC_URL", "TRUST_PROXY"]);
    }
  });
  it("each on one line, however the value looks", () => {
    const odd = `a\nb${"x".repeat(5000)}`;
    for (const name of ["PORT", "SOCKETIO_TRANSPORTS", "SOCKETIO_PATH", "SOCKETIO_CORS_ORIGINS", "TRUST_PROXY"]) {
      const [problem = ""] = problemsOf({ [name]: odd });
      expect(problem).toContain("a\\nbxx");
      expect(problem).not.toContain("\n");
      expect(problem.length).toBeLessThan(500);
    }
  });
});

describe("secrets", () => {
  it("SIGNALBOX_SECRET is demanded in production", () => {
    expect(problemsOf({ SIGNALBOX_SECRET: "" })).toEqual([
      `SIGNALBOX_SECRET must be set in production. ${settings.secret.doc}`,
    ]);
    expect(loadConfig(production).config.secret).toBe(secret);
  });
  it("have a minimum length, and a secret that is too short is not reported as missing", () => {
    expect(problemsOf({ SIGNALBOX_SECRET: "s".repeat(31), SIGNALBOX_METRICS_TOKEN: "t".repeat(15) })).toEqual([
      "SIGNALBOX_SECRET must have at least 32 characters.",
      "SIGNALBOX_METRICS_TOKEN must have at least 16 characters.",
    ]);
    expect(problemsOf({ SIGNALBOX_SECRET: "s".repeat(32), SIGNALBOX_METRICS_TOKEN: "t".repeat(16) })).toEqual([]);
  });
  it("are in no warning, problem or message, good or bad", () => {
    const values = ["hunter2-short", "hunter2-token", "hunter2-app", "hunter2-of-more-than-thirty-two-characters"];
    const [short = "", token = "", app = "", long = ""] = values;
    const extra = {
      key: optionalText("APP_KEY", "A key.", { secret: true, minLength: 99 }),
      other: text("OTHER_KEY", "hunter2-default", "A key.", { secret: true }),
    };
    for (const env of [
      { SIGNALBOX_SECRET: short, SIGNALBOX_METRICS_TOKEN: token, APP_KEY: app, PORT: "x" },
      { SIGNALBOX_SECRET: long, SIGNALBOX_SECRET_FILE: "/none", SIGNALBOX_SECRETS: short, APP_KEY: app },
      { OTHER_KEY_FILE: "/none" },
    ] as Env[]) {
      const { warnings } = loadConfig(env, extra);
      expect(warnings.length).toBeGreaterThan(0);
      expect(warnings.join("\n")).not.toContain("hunter2");
      try {
        loadConfig({ ...env, NODE_ENV: "production" }, extra);
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain("hunter2");
      }
    }
  });
});

describe("SOCKETIO_CORS_ORIGINS=* with credentials", () => {
  const problem =
    "SOCKETIO_CORS_ORIGINS is * while SOCKETIO_CORS_CREDENTIALS is true: every site could act as the visitor. Name the origins.";
  it.each(["*", "https://app.test, *"])("is refused in production: %s", (SOCKETIO_CORS_ORIGINS) => {
    expect(problemsOf({ SOCKETIO_CORS_ORIGINS })).toEqual([problem]);
    expect(problemsOf({ SOCKETIO_CORS_ORIGINS, SOCKETIO_CORS_CREDENTIALS: "false" })).toEqual([]);
    expect(loadConfig({ SOCKETIO_CORS_ORIGINS })).toMatchObject({ warnings: [], config: { corsCredentials: true } });
  });
});

describe("an unknown name", () => {
  it.each([
    ["SOCKETIO_CORS_ORIGIN", "SOCKETIO_CORS_ORIGINS"],
    ["SOCKETIO_PNIG_TIMEOUT", "SOCKETIO_PING_TIMEOUT"],
    ["SIGNALBOX_SECRET_FIEL", "SIGNALBOX_SECRET_FILE"],
    ["PROGRESS_FLUSH", "PROGRESS_FLUSH_MS"],
  ])("%s is reported with the nearest that is known, in production too", (name, known) => {
    const warnings = [`${name} is not a setting. Did you mean ${known}?`];
    expect(warningsOf({ [name]: "1" })).toEqual(warnings);
    expect(warningsOf({ ...production, [name]: "1" })).toEqual(warnings);
  });
  it.each(["SOCKETIO_FOO", "SOCKETIO_COOKIE_NAME", "SIGNALBOX_", "PROGRESS_BAR_COLOURS"])(
    "%s is reported without advice, because none is near",
    (name) => expect(warningsOf({ [name]: "1" })).toEqual([`${name} is not a setting.`]),
  );
  it("without a prefix of Signalbox is ignored", () => {
    expect(
      warningsOf({ PATH: "/bin", HOSTNAME: "a", MY_SOCKETIO_PATH: "b", SOCKETIO: "c", socketio_path: "d" }),
    ).toEqual([]);
  });
});
