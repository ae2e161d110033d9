import { randomBytes } from "node:crypto";
import { hostInUrl, isOrigin, isOriginRule, noOriginAdvice, originOf } from "../core/origin-syntax.ts";
import { defaultAsText } from "./describe.ts";
import { isHeaderName, maxCorsHeaders } from "./header-names.ts";
import { quote } from "./parse-value.ts";
import { type Environment, type Problem, readSettings } from "./read-settings.ts";
import type { ConfigOf, Setting, SettingTable } from "./setting.ts";
import { type Config, settings } from "./settings.ts";
import { proxyProblem } from "./trusted-proxies.ts";

/** The environment is not a valid configuration. The message lists every problem, one a line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration has ${problems.length} problem(s):\n${problems.map((each) => `- ${each}`).join("\n")}`);
    this.problems = problems;
  }
}

/** The result of `loadConfig`. */
export interface LoadedConfig<Extra extends SettingTable> {
  readonly config: Config;
  /** The application's own settings, from the table in `extra`. */
  readonly extra: ConfigOf<Extra>;
  /** Log these. In development: bad values, with the default that is used instead. Always: unknown names. */
  readonly warnings: readonly string[];
  /** For each variable, the name that set it, or `default`. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Reads the whole configuration from the environment.
 * In development a bad value is a warning, and its default is used; in production it is an error. An unknown NODE_ENV
 * may be meant as production (`prod`, `staging`), and is an error by itself.
 * @param environment - default: `process.env`
 * @param extra - settings of the application, which are read by the same rules
 * @throws ConfigError in production or an unknown mode, listing every problem
 * @throws TypeError when `extra` has a field of the same name as a setting of Signalbox
 */
export function loadConfig<Extra extends SettingTable = Record<never, never>>(
  environment: Environment = process.env,
  extra: Extra = {} as Extra,
): LoadedConfig<Extra> {
  const taken = Object.keys(extra).filter((key) => Object.hasOwn(settings, key));
  if (taken.length > 0) throw new TypeError(`Signalbox has settings named ${taken.join(", ")}: choose other names.`);
  const table = { ...settings, ...extra };
  const { values, sources, problems: badValues, warnings: oddities } = readSettings(table, environment);
  // A deployment with `prod` must not run by development's rules, under which errors pass and clients receive hints.
  const strict = values.mode === "production" || badValues.some(({ keys }) => keys.includes("mode"));
  const mode = strict ? "production" : values.mode;
  const all = { ...values, mode } as ConfigOf<typeof settings> & Record<string, unknown>;
  const problems = [...badValues, ...checkTogether(all)] as readonly Problem[];
  const repaired = new Set(problems.flatMap(({ keys }) => keys));
  if (strict) {
    const missing = Object.entries(table)
      .filter(([key, { requiredInProduction }]) => requiredInProduction && sources.get(key) === "default")
      .filter(([key]) => !repaired.has(key))
      .map(([, { env, doc }]) => `${env} must be set in production. ${doc}`);
    const refused = [...problems.map(({ text }) => text), ...missing];
    if (refused.length > 0) throw new ConfigError(refused);
  }

  const entries = Object.entries<Setting>(table);
  const defaults = Object.fromEntries(
    entries.filter(([key]) => repaired.has(key)).map(([key, { default: value }]) => [key, value]),
  );
  const complete = { ...all, ...defaults, secret: all.secret ?? randomBytes(32).toString("base64url") };
  // Socket.IO clients always request the path with exactly one trailing slash, whatever they were configured with.
  complete.path = complete.path.replace(/\/*$/, "/");
  return {
    config: Object.freeze(pick(complete, settings)) as unknown as Config,
    extra: Object.freeze(pick(complete, extra)) as unknown as ConfigOf<Extra>,
    warnings: [...problems.map(({ text, keys }) => `${text} ${fallback(table, keys)}`), ...oddities],
    sources: new Map(
      entries.map(([key, { env }]) => [env, repaired.has(key) ? "default" : (sources.get(key) ?? "default")]),
    ),
  };
}

/** Says which defaults replace rejected values, with their values, except those of secrets. */
function fallback(table: SettingTable, keys: readonly string[]): string {
  const defaults = Object.entries(table)
    .filter(([key]) => keys.includes(key))
    .map(([, setting]) => ({ name: setting.env, text: defaultAsText(setting) }));
  const [first, ...others] = defaults;
  if (others.length > 0) {
    return `The defaults are used: ${defaults.map(({ name, text }) => `${name}=${text}`).join(", ")}.`;
  }
  return first?.text ? `The default is used: ${first.text}.` : "The default is used, as if it were not set.";
}

/** Whether refusals tell clients which setting refused them: in development only. */
export const exposeHints = ({ mode }: Pick<Config, "mode">): boolean => mode !== "production";

/** URLs with these schemes have an origin, but no page has one of them: a WebSocket has the origin of its page. */
const neverSent = /^(ftp|wss?):/;

/** Checks the rules between settings, and those that the kind of a setting does not express. */
function checkTogether(config: ConfigOf<typeof settings>): Problem<keyof typeof settings>[] {
  const problems: Problem<keyof typeof settings>[] = [];
  const demand = (holds: boolean, text: string, ...keys: (keyof typeof settings)[]): void => {
    if (!holds) problems.push({ text, keys });
  };

  demand(
    config.reconnectionDelayMax >= config.reconnectionDelay,
    `SOCKETIO_RECONNECTION_DELAY_MAX is ${config.reconnectionDelayMax}, less than SOCKETIO_RECONNECTION_DELAY, which is ${config.reconnectionDelay}.`,
    "reconnectionDelay",
    "reconnectionDelayMax",
  );
  demand(
    config.messageBurst >= config.messageRate,
    `SIGNALBOX_MESSAGE_BURST is ${config.messageBurst}, less than SIGNALBOX_MESSAGE_RATE, which is ${config.messageRate}.`,
    "messageBurst",
    "messageRate",
  );
  demand(
    config.maxEventSize <= config.maxHttpBufferSize,
    `SIGNALBOX_MAX_EVENT_SIZE is ${config.maxEventSize}, more than SOCKETIO_MAX_HTTP_BUFFER_SIZE, which is ${config.maxHttpBufferSize}.`,
    "maxEventSize",
    "maxHttpBufferSize",
  );
  const [tlsGiven, tlsMissing] =
    config.tlsCertFile === null ? ["TLS_KEY_FILE", "TLS_CERT_FILE"] : ["TLS_CERT_FILE", "TLS_KEY_FILE"];
  demand(
    (config.tlsCertFile === null) === (config.tlsKeyFile === null),
    `${tlsGiven} is set, but ${tlsMissing} is not: https needs both.`,
    "tlsCertFile",
    "tlsKeyFile",
  );
  demand(
    /^\/[\w./-]*$/.test(config.path),
    `SOCKETIO_PATH is ${quote(config.path)}, but must begin with / and have only letters, digits and . _ - / in it.`,
    "path",
  );
  const malformed = config.corsOrigins.filter((origin) => !isOriginRule(origin) || neverSent.test(origin));
  demand(
    malformed.length === 0,
    `SOCKETIO_CORS_ORIGINS has ${malformed.map(quote).join(", ")}; an origin is scheme, host and port as browsers send it, such as https://app.example.com, https://*.example.com, capacitor://localhost or chrome-extension://<id>; pages of files send null.`,
    "corsOrigins",
  );
  const badHeaders = config.corsHeaders.filter((name) => !isHeaderName(name));
  demand(
    badHeaders.length === 0 && config.corsHeaders.length <= maxCorsHeaders,
    `SIGNALBOX_CORS_HEADERS has ${badHeaders.length > 0 ? badHeaders.map(quote).join(", ") : `${config.corsHeaders.length} names`}; give up to ${maxCorsHeaders} names of headers, such as x-request-source, without *.`,
    "corsHeaders",
  );
  const named = config.corsOrigins.length > 0 && malformed.length === 0;
  demand(
    named || originOf(`http://${hostInUrl(config.host)}:${config.port}`) !== undefined,
    `HOST is ${quote(config.host)}, ${noOriginAdvice}`,
    "host",
  );
  const { publicUrl } = config;
  if (publicUrl !== null && !isOrigin(publicUrl)) {
    problems.push({ text: `PUBLIC_URL is ${quote(publicUrl)}, ${noOriginAdvice}`, keys: ["publicUrl"] });
  }
  const proxies = proxyProblem(config.trustProxy);
  if (proxies !== undefined) problems.push({ text: proxies, keys: ["trustProxy"] });
  demand(
    !(
      config.mode === "production" &&
      (config.corsOrigins as readonly string[]).includes("*") &&
      config.corsCredentials
    ),
    "SOCKETIO_CORS_ORIGINS is * while SOCKETIO_CORS_CREDENTIALS is true: every site could act as the visitor. Name the origins.",
  );
  return problems;
}

function pick(values: Readonly<Record<string, unknown>>, table: SettingTable): Record<string, unknown> {
  return Object.fromEntries(Object.keys(table).map((key) => [key, values[key]]));
}
