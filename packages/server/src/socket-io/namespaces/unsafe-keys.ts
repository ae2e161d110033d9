/**
 * Whether a payload has, at any depth, a key that means the prototype of all objects to code that copies it carelessly:
 * `__proto__`, or `prototype` below `constructor`. A schema that drops unknown keys does not need this; an
 * application's own may let them through. Payloads are bounded in size and depth before this check.
 */
export function hasUnsafeKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
  if (Array.isArray(value)) return value.some(hasUnsafeKey);
  if (Object.hasOwn(value, "__proto__")) return true;
  if (Object.hasOwn(value, "constructor") && Object.hasOwn(Object(value.constructor), "prototype")) return true;
  return Object.values(value).some(hasUnsafeKey);
}
