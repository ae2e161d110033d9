import type { SettingRow } from "@signalbox/protocol";
import { type Config, settings } from "./settings.ts";

/**
 * Every setting with its value and where that came from, for administrators. Secrets have no value here, in no form.
 * @param sources - from `loadConfig()`; without it only what differs from the default is told from it, as `set`
 */
export function settingsInForce(config: Config, sources?: ReadonlyMap<string, string>): SettingRow[] {
  return Object.entries(settings).map(([key, { env, secret, doc, default: preset }]) => {
    const value = config[key as keyof Config];
    const guessed = asText(value) === asText(preset) ? "default" : "set";
    const source = sources?.get(env) ?? guessed;
    // The only value that is made up: the key of a server that was given none.
    const isGenerated = secret && preset === null && value !== null && source === "default";
    return {
      ...{ name: env, secret, doc },
      value: secret ? null : asText(value),
      source: isGenerated ? "generated" : source,
    };
  });
}

const asText = (value: unknown): string | null =>
  value === null ? null : Array.isArray(value) ? value.join(",") : String(value);
