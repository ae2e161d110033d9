import type { Setting, SettingKind } from "./setting.ts";

/** A value, or the reason why the text is not one. */
export type Parsed = { readonly value: unknown } | { readonly reason: string };

const words: Record<string, boolean> = {
  true: true,
  1: true,
  yes: true,
  on: true,
  false: false,
  0: false,
  no: false,
  off: false,
};

/** A value in the form that problems show: on one line, and at most 100 characters of it. */
export const quote = (text: string): string => JSON.stringify(text.slice(0, 100));

/** Parses the text of one setting strictly: an almost correct value is rejected with a reason. */
export function parseValue({ kind, unit }: Setting, text: string): Parsed {
  switch (kind.type) {
    case "boolean": {
      const value = Object.hasOwn(words, text.toLowerCase()) ? words[text.toLowerCase()] : undefined;
      return value === undefined ? { reason: "must be true or false" } : { value };
    }
    case "integer":
      return parseInteger(kind, unit, text);
    case "choice":
      return kind.of.includes(text) ? { value: text } : { reason: `must be one of ${kind.of.join(", ")}` };
    case "list":
      return parseList(kind, text);
    case "url":
      return parseUrl(text);
    case "string": {
      const { minLength = 0 } = kind;
      return text.length >= minLength ? { value: text } : { reason: `must have at least ${minLength} characters` };
    }
  }
}

function parseInteger({ min, max }: SettingKind & { type: "integer" }, unit: string | undefined, text: string): Parsed {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return { value };
  return { reason: `must be a whole number from ${min} to ${max}${unit ? ` (${unit})` : ""}` };
}

function parseList({ of }: SettingKind & { type: "list" }, text: string): Parsed {
  const items = text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  if (items.length === 0) return { reason: "names nothing" };
  const foreign = of === undefined ? undefined : items.find((item) => !of.includes(item));
  if (foreign !== undefined) return { reason: `has ${quote(foreign)}, which is none of ${of?.join(", ")}` };
  return { value: Object.freeze(items) };
}

/** Parses an address of the application: scheme, host and port only. */
function parseUrl(text: string): Parsed {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return { reason: "must be an http or https address" };
  const bare =
    url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "" && url.password === "";
  return bare
    ? { value: url.origin }
    : { reason: "must be scheme, host and port only, such as https://app.example.com" };
}
