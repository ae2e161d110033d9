/** Hostile cases, E: a token proves that the page which sends it could read a response for this very session. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCsrf, equal } from "../../src/sessions/csrf.ts";

const csrf = createCsrf("a secret of the tests, long enough for it");

describe("a CSRF token", () => {
  it("verifies for the session it was issued for, and for no other", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (mine, other) => {
        const token = csrf.issue(mine);
        expect(csrf.verify(token, mine)).toBe(true);
        expect(csrf.verify(token, other)).toBe(mine === other);
      }),
    );
  });

  it("does not verify once a single character is changed", () => {
    const token = csrf.issue("session");
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom("A", "b", "0", ".", "é"), (index, char) => {
        fc.pre(token[index] !== char);
        expect(csrf.verify(`${token.slice(0, index)}${char}${token.slice(index + 1)}`, "session")).toBe(false);
      }),
    );
  });

  it("does not let part of one session's name pass for part of another's nonce", () => {
    for (const joint of ["\0", ",", '","']) {
      const [nonce, signature] = csrf.issue(`a${joint}b`).split(".");
      expect(csrf.verify(`b${joint}${nonce}.${signature}`, "a")).toBe(false);
    }
  });

  it("does not verify with anything behind it, or with its signature written in another way", () => {
    const token = csrf.issue("session");
    for (const end of [".", ".x", "=", "==", "\n", " ", "!"]) expect(csrf.verify(token + end, "session")).toBe(false);
    // The last of 43 characters carries four bits: with the two others set, the same bytes are decoded.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = alphabet.indexOf(token.at(-1) ?? "");
    expect(csrf.verify(`${token.slice(0, -1)}${alphabet[last + 1]}`, "session")).toBe(false);
  });

  it("does not verify under another secret", () => {
    const foreign = createCsrf("another secret, just as long as the first").issue("session");
    expect(csrf.verify(foreign, "session")).toBe(false);
  });

  it("is different each time", () => {
    expect(csrf.issue("session")).not.toBe(csrf.issue("session"));
  });
});

describe("verification", () => {
  it("answers false to anything that is no token, and never throws", () => {
    fc.assert(
      fc.property(fc.anything(), (garbage) => {
        expect(csrf.verify(garbage, "session")).toBe(false);
      }),
    );
    for (const garbage of [undefined, null, "", ".", "..", "a.b.c", {}, [csrf.issue("session")], "x".repeat(100_000)]) {
      expect(csrf.verify(garbage, "session")).toBe(false);
    }
  });
});

describe("equal", () => {
  it("agrees with === for texts of any length", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => equal(a, b) === (a === b) && equal(a, a)));
  });
});
