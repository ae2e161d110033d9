/** Hostile case G: no input of a client breaks a log line or reverses the direction of the text. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeControl } from "../../src/security-log/redact.ts";

/** Every character that must be escaped, listed independently of the code under test. */
const forbidden = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index),
  ...[0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e],
  ...[0x2066, 0x2067, 0x2068, 0x2069, 0xd800, 0xdbff, 0xdc00, 0xdfff],
];

describe("escapeControl", () => {
  it("leaves ordinary text of every language as it is", () => {
    for (const text of ["", "https://app.example.com", "Zürich, 東京, مرحبا", "🖼️ 👩‍💻", 'quotes " and \\ too']) {
      expect(escapeControl(text, 100)).toBe(text);
    }
  });
  it("writes out CR, LF and ANSI sequences", () => {
    expect(escapeControl("a\r\nb\u001b[2J", 100)).toBe("a\\u000d\\u000ab\\u001b[2J");
  });
  it.each(forbidden.map((code) => [`U+${code.toString(16).padStart(4, "0")}`, code]))(
    "writes out %s",
    (_name, code) => {
      const written = `\\u${Number(code).toString(16).padStart(4, "0")}`;
      expect(escapeControl(`x${String.fromCharCode(Number(code))}y`, 100)).toBe(`x${written}y`);
    },
  );
  it("keeps what fits exactly, and marks with an ellipsis what it cut", () => {
    expect(escapeControl("abcde", 5)).toBe("abcde");
    expect(escapeControl("abcdef", 5)).toBe("abcd…");
  });
  it("bounds the text after escaping, and cuts no escape and no character in two", () => {
    expect(escapeControl("\n".repeat(100), 14)).toBe("\\u000a\\u000a…");
    expect(escapeControl("ab🖼🖼", 5)).toBe("ab🖼…");
    expect(escapeControl("abc🖼🖼", 5)).toBe("abc…");
  });
  it("never makes more characters than it may, nor a forbidden one", () => {
    const anyText = fc.string({ unit: "binary", maxLength: 80 });
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, maxLength) => {
        const escaped = escapeControl(text, maxLength);
        expect(escaped.length).toBeLessThanOrEqual(maxLength);
        expect(escaped.isWellFormed()).toBe(true);
        expect([...escaped].some((each) => forbidden.includes(each.codePointAt(0) ?? 0))).toBe(false);
      }),
    );
  });
});

it.each([
  [42, "42"],
  [null, "null"],
  [undefined, "undefined"],
  [10n, "10"],
  [Symbol("id"), "Symbol(id)"],
  [{ toString: () => "a\nb" }, "a\\u000ab"],
  [Object.create(null), "(object without a text)"],
  [
    {
      toString() {
        throw new Error("no");
      },
    },
    "(object without a text)",
  ],
])("writes a value that is no text, %#, without throwing", (value, text) => {
  expect(escapeControl(value, 100)).toBe(text);
});
