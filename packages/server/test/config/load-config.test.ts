import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ConfigError, loadConfig } from "../../src/config/load-config.ts";
import { integer, optionalText, text } from "../../src/config/setting.ts";
import { type Config, settings } from "../../src/config/settings.ts";

type Env = Record<string, string>;
const secret = "a-secret-of-more-than-thirty-two-characters";
const production = { NODE_ENV: "production", SIGNALBOX_SECRET: secret };
const warningsOf = (env: Env): readonly string[] => loadConfig(env).warnings;

/** The refusal of an environment in production. */
function refusalOf(env: Env, extra = {}): ConfigError {
  try {
    loadConfig(env, extra);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("The configuration was accepted.");
}

const folder = mkdtempSync(join(tmpdir(), "config-"));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe("an empty environment", () => {
  const defaults: Omit<Config, "secret"> = {
    ...{ mode: "development", host: "localhost", port: 5000, publicUrl: null, trustProxy: [] },
    ...{ tlsCertFile: null, tlsKeyFile: null },
    ...{ corsOrigins: [], corsCredentials: true, corsHeaders: [], corsReportOnly: false },
    ...{ path: "/socket.io/", transports: ["polling", "websocket"], pingInterval: 25, pingTimeout: 20 },
    ...{ maxHttpBufferSize: 1_000_000, maxEventSize: 65_536, connectTimeout: 5 },
    ...{ drainDelay: 0, drainWindow: 0 },
    ...{ reconnection: true, reconnectionAttempts: 0, reconnectionDelay: 1000, reconnectionDelayMax: 5000 },
    ...{ timeout: 20_000, requireAuth: true, sessionValidation: true, sessionRecheck: 30, sessionCache: 2000 },
    ...{
      csrfProtection: true,
      rateLimiting: true,
      penalties: true,
      connectRatePerAddress: 120,
      connectRatePerUser: 60,
    },
    ...{ messageRate: 50, messageBurst: 100, maxConnections: 10_000, maxConnectionsPerUser: 5 },
    ...{ maxConnectionsPerAdmin: 3, maxRoomsPerSocket: 100, progressFlush: 100, adminMetricsInterval: 2 },
    ...{
      progressTickTasks: 200,
      progressTickBytes: 65_536,
      maxBufferedBytes: 1_000_000,
      noticeEscalation: 300,
      noticeBatch: 15,
    },
    ...{ redisUrl: null, redisPrefix: "signalbox" },
    ...{ securityFold: 10, securityLogRows: 100_000, metricsToken: null, operationRoutes: true, legacyEvents: true },
    ...{ logLevel: "info", logConnections: false, debug: false, debugParts: [] },
  };
  const { config, warnings, sources } = loadConfig({});

  it("gives every setting its default, without a warning", () => {
    expect(config).toEqual({ ...defaults, secret: expect.any(String) });
    expect(warnings).toEqual([]);
  });
  it("gives a secret made up at each start, as long as one that is set must be", () => {
    expect(config.secret.length).toBeGreaterThanOrEqual(32);
    expect(loadConfig({}).config.secret).not.toBe(config.secret);
  });
  it("is not reported as the source of any setting", () => {
    const names = Object.values(settings).map(({ env }) => env);
    expect([...sources]).toEqual(names.map((name) => [name, "default"]));
  });
  it.each(["", " ", "\t\n"])("is the same as one of empty variables: %j", (blank) => {
    const names = Object.values(settings).flatMap(({ env, aliases }) => [env, ...aliases]);
    const loaded = loadConfig(Object.fromEntries(names.map((name) => [name, blank])));
    expect(loaded.config).toMatchObject(defaults);
    expect(loaded.warnings).toEqual([]);
    expect(refusalOf({ NODE_ENV: "production", SIGNALBOX_SECRET: blank }).problems).toHaveLength(1);
  });
});

describe("the configuration", () => {
  it("cannot be changed, nor can a list in it, given or default", () => {
    for (const env of [{}, { SOCKETIO_TRANSPORTS: "websocket", TRUST_PROXY: "loopback" }]) {
      const { config, extra } = loadConfig(env, { folder: text("FOLDER", "./data", "A folder.") });
      expect([config, extra, config.transports, config.trustProxy, config.corsOrigins].every(Object.isFrozen)).toBe(
        true,
      );
    }
  });
});

describe("a setting with several names", () => {
  it.each([
    ["HOST", "FLASK_HOST", "host", "a.test", "b.test"],
    ["PORT", "FLASK_PORT", "port", 8001, 8002],
    ["NODE_ENV", "FLASK_ENV", "mode", "test", "development"],
  ] as const)("takes %s before %s, and says which it ignores", (name, alias, key, first, second) => {
    const byAlias = loadConfig({ [alias]: String(first) });
    expect(byAlias.config[key]).toBe(first);
    expect(byAlias.warnings).toEqual([]);
    expect(byAlias.sources.get(name)).toBe(alias);

    const both = loadConfig({ [alias]: String(second), [name]: String(first) });
    expect(both.config[key]).toBe(first);
    expect(both.warnings).toEqual([`${alias} is ignored, because ${name} is set as well.`]);
    expect(both.sources.get(name)).toBe(name);

    expect(loadConfig({ [alias]: String(second), [name]: " " }).config[key]).toBe(second);
  });
  it("is named by the one that was set", () => {
    expect(warningsOf({ FLASK_PORT: "x" })[0]).toMatch(/^FLASK_PORT is "x"/);
    expect(refusalOf({ FLASK_ENV: "production" }).problems[0]).toContain("SIGNALBOX_SECRET must be set");
  });
});

describe("a secret in a file", () => {
  it.each([secret, `${secret}\n`, `${secret}\r\n`, ` ${secret}\n\n`])(
    "is read without blanks around it: %j",
    (content) => {
      const { config, sources } = loadConfig({
        ...production,
        SIGNALBOX_SECRET: "",
        SIGNALBOX_SECRET_FILE: file("s", content),
      });
      expect(config.secret).toBe(secret);
      expect(sources.get("SIGNALBOX_SECRET")).toBe("SIGNALBOX_SECRET_FILE");
    },
  );
  it("gives way to the variable itself, with a warning", () => {
    const { config, warnings } = loadConfig({
      SIGNALBOX_SECRET: secret,
      SIGNALBOX_SECRET_FILE: file("o", "x".repeat(40)),
    });
    expect(config.secret).toBe(secret);
    expect(warnings).toEqual(["SIGNALBOX_SECRET_FILE is ignored, because SIGNALBOX_SECRET is set as well."]);
  });
  it.each([
    ["missing", join(folder, "none"), `names the file ${join(folder, "none")}, which cannot be read.`],
    ["a folder", folder, `names the file ${folder}, which cannot be read.`],
    ["empty", file("empty", "\n"), `names the file ${join(folder, "empty")}, which is empty.`],
    ["too short", file("short", "short-secret"), "must have at least 32 characters."],
  ])("is a bad value when the file is %s", (_what, path, reason) => {
    const { problems } = refusalOf({ NODE_ENV: "production", SIGNALBOX_SECRET_FILE: path });
    expect(problems).toEqual([`SIGNALBOX_SECRET_FILE ${reason}`]);
    expect(warningsOf({ SIGNALBOX_SECRET_FILE: path })).toEqual([
      `SIGNALBOX_SECRET_FILE ${reason} The default is used, as if it were not set.`,
    ]);
  });
  it("works for secrets of the application, and for secrets only", () => {
    const extra = { password: optionalText("DB_PASSWORD", "A password.", { secret: true }) };
    expect(loadConfig({ DB_PASSWORD_FILE: file("p", "pw\n") }, extra).extra.password).toBe("pw");
    const loaded = loadConfig({ SOCKETIO_TIMEOUT_FILE: file("t", "900"), HOST_FILE: file("h", "a.test") });
    expect(loaded.config).toMatchObject({ timeout: 20_000, host: "localhost" });
    expect(loaded.warnings).toEqual(["SOCKETIO_TIMEOUT_FILE is not a setting."]);
  });
});

describe("numbers", () => {
  const integers = Object.entries(settings).flatMap(([key, { env, kind, ...setting }]) =>
    kind.type === "integer" ? [{ env, key, kind, unit: "unit" in setting ? ` (${setting.unit})` : "" }] : [],
  );
  it.each(integers)(
    "$env is taken within its bounds only, and the bounds and unit are told",
    ({ env, key, kind, unit }) => {
      for (const bound of [kind.min, kind.max]) {
        // The settings whose bounds depend on another setting get values that leave them room.
        const room = { SOCKETIO_RECONNECTION_DELAY_MAX: "3600000", SIGNALBOX_MESSAGE_BURST: "1000000" };
        const low = { SIGNALBOX_MESSAGE_RATE: "1", SOCKETIO_RECONNECTION_DELAY: "50", SIGNALBOX_MAX_EVENT_SIZE: "256" };
        const { config, warnings } = loadConfig({
          ...{ ...room, ...low, SOCKETIO_MAX_HTTP_BUFFER_SIZE: "100000000" },
          [env]: ` ${bound} `,
        });
        expect(config).toMatchObject({ [key]: bound });
        expect(warnings).toEqual([]);
      }
      for (const bad of [kind.min - 1, kind.max + 1]) {
        const reason = `must be a whole number from ${kind.min} to ${kind.max}${unit}.`;
        expect(warningsOf({ [env]: `${bad}` })[0]).toContain(`${env} is "${bad}", but ${reason}`);
      }
    },
  );
  it.each(["5000.0", "1e3", "0x50", "+80", "-1", "5 000", "5,000", "80s", "NaN", "Infinity", "٣", "9".repeat(16)])(
    "are written in digits, not as %s",
    (PORT) => expect(refusalOf({ ...production, PORT }).problems).toHaveLength(1),
  );
});

describe("texts", () => {
  it("are taken without blanks around them, and PUBLIC_URL as browsers write an origin", () => {
    const { config } = loadConfig({
      HOST: " a.test ",
      TRUST_PROXY: " loopback , 10.0.0.0/8 ",
      PUBLIC_URL: "HTTPS://App.test:443/",
    });
    expect(config).toMatchObject({ host: "a.test", trustProxy: ["loopback", "10.0.0.0/8"] });
    expect(config.publicUrl).toBe("https://app.test");
  });
});

describe("booleans", () => {
  it.each(["true", "1", "yes", "on", "TRUE", "Yes"])("take %s as true", (word) =>
    expect(loadConfig({ ...production, SOCKETIO_DEBUG: word }).config.debug).toBe(true),
  );
  it.each(["false", "0", "no", "off", "False"])("take %s as false", (word) =>
    expect(loadConfig({ ...production, SOCKETIO_REQUIRE_AUTH: word }).config.requireAuth).toBe(false),
  );
  it.each(["tru", "y", "2", "enabled", "null", "toString", "constructor", "__proto__", "hasOwnProperty"])(
    "take nothing else: %s",
    (word) =>
      expect(warningsOf({ SOCKETIO_REQUIRE_AUTH: word })).toEqual([
        `SOCKETIO_REQUIRE_AUTH is "${word}", but must be true or false. The default is used: true.`,
      ]),
  );
});

describe("names that every object has", () => {
  it.each(["toString", "constructor", "__proto__"])("are neither settings nor values: %s", (name) => {
    const env: Env = JSON.parse(`{ "${name}": "true", "PORT": "${name}", "SOCKETIO_TRANSPORTS": "${name}" }`);
    const { config, warnings } = loadConfig(env);
    expect(config).toMatchObject({ port: 5000, transports: ["polling", "websocket"] });
    expect(warnings).toHaveLength(2);
    expect(warningsOf({ [`SOCKETIO_${name}`]: "1" })).toEqual([`SOCKETIO_${name} is not a setting.`]);
  });
});

describe("the application's own settings", () => {
  const extra = {
    workers: integer("WORKERS", 2, "Workers.", { min: 1, max: 64, unit: "processes" }),
    key: optionalText("APP_KEY", "A key.", { secret: true, minLength: 8, requiredInProduction: true }),
    label: text("SIGNALBOX_LABEL", "none|any", "A label."),
  };
  it("are read by the same rules, and kept apart", () => {
    const loaded = loadConfig({ WORKERS: "0", APP_KEY: "12345678", SIGNALBOX_LABEL: "x", PORT: "81" }, extra);
    expect(loaded.extra).toEqual({ workers: 2, key: "12345678", label: "x" });
    expect(loaded.config).not.toHaveProperty("workers");
    expect(loaded.config.port).toBe(81);
    expect(loaded.sources.get("APP_KEY")).toBe("APP_KEY");
    expect(loaded.warnings).toEqual([
      'WORKERS is "0", but must be a whole number from 1 to 64 (processes). The default is used: 2.',
    ]);
  });
  it("may be demanded in production too", () => {
    expect(refusalOf(production, extra).problems).toEqual(["APP_KEY must be set in production. A key."]);
  });
  it("cannot replace a setting of Signalbox", () => {
    expect(() => loadConfig({}, { path: text("UPLOADS", "./uploads", "A folder.") })).toThrow("settings named path");
  });
});
