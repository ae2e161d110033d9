/** The description of one setting, from which the loader, the reference page and `--help` are derived. */

/** The form of a value in the environment. */
export type SettingKind =
  | { readonly type: "boolean" }
  | { readonly type: "integer"; readonly min: number; readonly max: number }
  | { readonly type: "string"; readonly minLength?: number }
  | { readonly type: "choice"; readonly of: readonly string[] }
  | { readonly type: "list"; readonly of?: readonly string[] }
  | { readonly type: "url" };

/** The description of one setting, with its default. */
export interface Setting<Value = unknown> {
  readonly env: string;
  /** Other names, including those of Flask-SocketIO applications; the first name that is set wins. */
  readonly aliases: readonly string[];
  readonly kind: SettingKind;
  /** Such as `seconds` or `bytes`; undefined for booleans and texts. */
  readonly unit?: string;
  readonly default: Value;
  /** Whether the value is never printed, and may be given as a file in NAME_FILE. */
  readonly secret: boolean;
  /** One line of explanation. */
  readonly doc: string;
  /** Whether the value must be set in production, because its default is for development. */
  readonly requiredInProduction: boolean;
}

interface Common {
  readonly aliases?: readonly string[];
  readonly unit?: string;
  readonly secret?: boolean;
  readonly requiredInProduction?: boolean;
}

function setting<Value>(env: string, kind: SettingKind, value: Value, doc: string, common: Common): Setting<Value> {
  return {
    env,
    kind,
    default: value,
    doc,
    aliases: common.aliases ?? [],
    secret: common.secret ?? false,
    requiredInProduction: common.requiredInProduction ?? false,
    ...(common.unit !== undefined && { unit: common.unit }),
  };
}

/** A setting that is `true` or `false`; `1`, `yes` and `on` count as true. */
export const boolean = (env: string, value: boolean, doc: string, common: Common = {}): Setting<boolean> =>
  setting(env, { type: "boolean" }, value, doc, common);

/** A setting that is a whole number between two bounds, both included. */
export const integer = (
  env: string,
  value: number,
  doc: string,
  { min, max, ...common }: Common & { min: number; max: number },
): Setting<number> => setting(env, { type: "integer", min, max }, value, doc, common);

/** A setting that is any text. */
export const text = (env: string, value: string, doc: string, common: Common = {}): Setting<string> =>
  setting(env, { type: "string" }, value, doc, common);

/** A text that may be missing; secrets have a minimum length in characters. */
export const optionalText = (
  env: string,
  doc: string,
  { minLength, ...common }: Common & { minLength?: number } = {},
): Setting<string | null> =>
  setting(env, { type: "string", ...(minLength !== undefined && { minLength }) }, null, doc, common);

/** A setting that is an http or https address without a path, or null. */
export const optionalUrl = (env: string, doc: string, common: Common = {}): Setting<string | null> =>
  setting(env, { type: "url" }, null, doc, common);

/** A setting that is one of several words. */
export const choice = <const Choice extends string>(
  env: string,
  of: readonly Choice[],
  value: Choice,
  doc: string,
  common: Common = {},
): Setting<Choice> => setting(env, { type: "choice", of }, value, doc, common);

/** A setting that is a list of words, separated by commas. */
export const list = <const Item extends string = string>(
  env: string,
  value: readonly Item[],
  doc: string,
  { of, ...common }: Common & { of?: readonly Item[] } = {},
): Setting<readonly Item[]> =>
  setting(env, { type: "list", ...(of !== undefined && { of }) }, Object.freeze([...value]), doc, common);

/** A table of settings: field of the configuration -> its description. */
export type SettingTable = Readonly<Record<string, Setting>>;

/** The configuration that a table describes. */
export type ConfigOf<Table extends SettingTable> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer Value> ? Value : never;
};
