/** Settings and what follows from them, without Socket.IO: for tools that look at a configuration. */

export { defaultAsText, describeAsEnvExample, describeAsMarkdown, type TitledTable } from "./config/describe.ts";
export { ConfigError, type LoadedConfig, loadConfig } from "./config/load-config.ts";
export { type Environment, readSettings } from "./config/read-settings.ts";
export { type Config, settings } from "./config/settings.ts";
export { settingsInForce } from "./config/settings-in-force.ts";
export { createOriginPolicy, type OriginPolicy, type OriginVerdict } from "./origin/origin-policy.ts";
