import { randomBytes } from "node:crypto";
import { isOriginRule } from "../origin/origin-rule.ts";
import { type Environment, readSettings } from "./read-settings.ts";
import type { ConfigOf, SettingTable } from "./setting.ts";
import { type Config, settings } from "./settings.ts";

/** The environment does not make a valid configuration. The message lists every problem, one a line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration has ${problems.length} problem(s):\n${problems.map((each) => `- ${each}`).join("\n")}`);
    this.problems = problems;
  }
}

export interface LoadedConfig<Extra extends SettingTable> {
  readonly config: Config;
  /** The application's own settings, from the table it handed in. */
  readonly extra: ConfigOf<Extra>;
  /** In development: bad values, with the default that is used instead. Always: unknown names. To be logged. */
  readonly warnings: readonly string[];
  /** For each variable, the name that set it, or `default`. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Reads the configuration from the environment, all of it at once.
 * In development a bad value is a warning, and its default is used; in production it is an error.
 * @param environment - default: `process.env`
 * @param extra - settings of the application, to be read by the same rules
 * @throws ConfigError in production, listing every problem
 */
export function loadConfig<Extra extends SettingTable = Record<never, never>>(
  environment: Environment = process.env,
  extra: Extra = {} as Extra,
): LoadedConfig<Extra> {
  const table = { ...settings, ...extra };
  const { values, sources, problems: badValues, warnings: oddities } = readSettings(table, environment);
  const all = values as ConfigOf<typeof settings> & Record<string, unknown>;
  const production = all.mode === "production";
  const { problems: conflicts, repaired } = checkTogether(all);
  const missing = production
    ? Object.entries(table)
        .filter(([key, { requiredInProduction }]) => requiredInProduction && sources.get(key) === "default")
        .map(([, { env, doc }]) => `${env} must be set in production. ${doc}`)
    : [];
  const problems = [...badValues, ...conflicts, ...missing];
  if (production && problems.length > 0) throw new ConfigError(problems);

  const complete = { ...all, ...repaired, secret: all.secret ?? randomBytes(32).toString("base64url") };
  return {
    config: Object.freeze(pick(complete, settings)) as unknown as Config,
    extra: Object.freeze(pick(complete, extra)) as unknown as ConfigOf<Extra>,
    warnings: [...problems.map((problem) => `${problem} The default is used.`), ...oddities],
    sources: new Map(Object.entries(table).map(([key, { env }]) => [env, sources.get(key) ?? "default"])),
  };
}

/** Whether clients are told which setting refused them: in development only. */
export const exposeHints = ({ mode }: Pick<Config, "mode">): boolean => mode !== "production";

/** Rules that hold between settings; `repaired` has the defaults of those that break one. */
function checkTogether(config: ConfigOf<typeof settings>): { problems: string[]; repaired: Record<string, unknown> } {
  const problems: string[] = [];
  const repaired: Record<string, unknown> = {};
  const demand = (holds: boolean, problem: string, ...keys: (keyof typeof settings)[]): void => {
    if (holds) return;
    problems.push(problem);
    for (const key of keys) repaired[key] = settings[key].default;
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
  demand(
    /^\/[\w./-]*$/.test(config.path),
    `SOCKETIO_PATH is "${config.path}", but must begin with / and have only letters, digits and . _ - / in it.`,
    "path",
  );
  demand(config.transports.length > 0, "SOCKETIO_TRANSPORTS names no transport.", "transports");
  const malformed = config.corsOrigins.filter((origin) => !isOriginRule(origin));
  demand(
    malformed.length === 0,
    `SOCKETIO_CORS_ORIGINS has ${malformed.map((origin) => `"${origin}"`).join(", ")}; an origin is scheme, host and port as browsers send it, such as https://app.example.com or https://*.example.com.`,
    "corsOrigins",
  );
  demand(
    !(
      config.mode === "production" &&
      (config.corsOrigins as readonly string[]).includes("*") &&
      config.corsCredentials
    ),
    "SOCKETIO_CORS_ORIGINS is * while SOCKETIO_CORS_CREDENTIALS is true: every site could act as the visitor. Name the origins.",
  );
  return { problems, repaired };
}

function pick(values: Readonly<Record<string, unknown>>, table: SettingTable): Record<string, unknown> {
  return Object.fromEntries(Object.keys(table).map((key) => [key, values[key]]));
}
