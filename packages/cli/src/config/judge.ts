import {
  ConfigError,
  type Environment,
  type LoadedConfig,
  loadConfig,
  readSettings,
  settings,
} from "@signalbox/server/config";

/** The assessment of an environment. */
export interface Judgement {
  /** Undefined where a server in production would refuse to start. */
  readonly loaded: LoadedConfig<Record<never, never>> | undefined;
  readonly problems: readonly string[];
}

/** Everything that is wrong, misspelt or ignored, in the loader's own sentences. */
export function judgeEnvironment(environment: Environment): Judgement {
  try {
    const loaded = loadConfig(environment);
    return { loaded, problems: loaded.warnings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // Misspelt names are reported even when loading fails: one of them may be the missing setting.
    return { loaded: undefined, problems: [...error.problems, ...readSettings(settings, environment).warnings] };
  }
}
