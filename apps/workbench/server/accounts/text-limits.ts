import { APIError } from "better-auth/api";

/** Maximum code points of a text in a request to an account route, by field name. */
const limits: Readonly<Record<string, number>> = { name: 100, email: 254 };
const otherLimit = 2048;

/** Maximum depth of nested objects; the account routes need three. */
const maxDepth = 8;

/**
 * Refuses texts that are too long or that a database cannot store, in every field of a body or query.
 * @throws APIError 400 `NAME_TOO_LONG`, `EMAIL_TOO_LONG`, `TEXT_TOO_LONG` or `TEXT_INVALID`
 */
export function requireTexts(value: unknown, field = "value", depth = 0): void {
  if (typeof value === "string") return requireText(value, field);
  if (typeof value !== "object" || value === null) return;
  if (depth >= maxDepth) throw badText("TEXT_INVALID", "The request is nested too deeply.");
  for (const [key, each] of Object.entries(value)) {
    requireText(key, "field name");
    requireTexts(each, Array.isArray(value) ? field : key, depth + 1);
  }
}

function requireText(text: string, field: string): void {
  // PostgreSQL stores no NUL, and half a surrogate pair has no UTF-8 form.
  if (text.includes("\0") || !text.isWellFormed()) {
    throw badText("TEXT_INVALID", `A text (${field.slice(0, 64)}) has characters that cannot be stored.`);
  }
  if (field === "name" && /\p{Cc}/u.test(text)) throw badText("TEXT_INVALID", "A name has no control characters.");
  const limit = Object.hasOwn(limits, field) ? (limits[field] as number) : otherLimit;
  if (!isLonger(text, limit)) return;
  const known = Object.hasOwn(limits, field);
  const code = known ? `${field.toUpperCase()}_TOO_LONG` : "TEXT_TOO_LONG";
  throw badText(code, `The text of ${known ? field : "a field"} has more than ${limit} characters.`);
}

/** Counts code points, and no more of them than necessary: a code point is one unit or two. */
function isLonger(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  return text.length > 2 * limit || Array.from(text).length > limit;
}

function badText(code: string, message: string): APIError {
  return new APIError("BAD_REQUEST", { code, message });
}
