import { expect, it } from "vitest";
import { cutText } from "../../src/core/cut-text.ts";

it.each([
  ["a short text as it is", "abc", 3, "abc"],
  ["what is longer", "abcd", 3, "abc"],
  ["no emoji in half", "ab😀😀", 3, "ab😀"],
  ["by code points, not by code units", "😀😀😀", 2, "😀😀"],
  ["a half that was there already, as U+FFFD", "a\ud83d", 5, "a\ufffd"],
  ["everything at 0", "abc", 0, ""],
])("cuts %s", (_what, text, length, cut) => expect(cutText(text, length)).toBe(cut));

it("reads no more of a text than it keeps", () => {
  const text = "😀".repeat(5_000_000);
  expect(cutText(text, 10)).toBe("😀".repeat(10));
});
