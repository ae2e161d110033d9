import {
  ConfigError,
  type Environment,
  type LoadedConfig,
  loadConfig,
  readSettings,
  settings,
} from "@signalbox/server/config";

/** What is to be said of an environment. */
export interface Judgement {
  /** Undefined where production would refuse to start. */
  readonly loaded: LoadedConfig<Record<never, never>> | undefined;
  readonly problems: readonly string[];
}

/** Everything that is wrong, misspelt or ignored, in sentences of the loader's own. */
export function judgeEnvironment(environment: Environment): Judgement {
  try {
    const loaded = loadConfig(environment);
    return { loaded, problems: loaded.warnings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // Misspelt names are found as well when nothing can be loaded: one of them may be the setting that is missing.
    return { loaded: undefined, problems: [...error.problems, ...readSettings(settings, environment).warnings] };
  }
}
