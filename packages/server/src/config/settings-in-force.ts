import type { SettingRow } from "@signalbox/protocol";
import { type Config, settings } from "./settings.ts";

/**
 * Every setting with its value and source, for administrators. The value of a secret is always null.
 * @param sources - from `loadConfig()`. Without it, the source is `default` for a default value and `set` for any other
 */
export function settingsInForce(config: Config, sources?: ReadonlyMap<string, string>): SettingRow[] {
  return Object.entries(settings).map(([key, { env, secret, doc, default: preset }]) => {
    const value = config[key as keyof Config];
    const guessed = asText(value) === asText(preset) ? "default" : "set";
    const source = sources?.get(env) ?? guessed;
    // The only generated value: the key of a server that was configured without one.
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
