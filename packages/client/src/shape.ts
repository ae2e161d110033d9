/** Checks of data from outside: from the server, and from other tabs. */
export type Check = (value: unknown) => boolean;

export const text: Check = (value) => typeof value === "string";
export const number: Check = (value) => typeof value === "number";
export const list: Check = Array.isArray;
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Whether a value is an object whose named fields pass their checks. */
export const shaped =
  <Value>(fields: { readonly [Field in keyof Value]?: Check }) =>
  (value: unknown): value is Value =>
    isObject(value) && Object.entries(fields as Record<string, Check>).every(([field, check]) => check(value[field]));
