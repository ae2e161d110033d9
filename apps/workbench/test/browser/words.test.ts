import { describe, expect, test } from "vitest";
import {
  agoWords,
  downloadName,
  durationWords,
  etaWords,
  plural,
  savingWords,
  sizeWords,
} from "../../browser/src/words.ts";

/** Numbers are held to their units by no-break spaces, which only a browser needs to see. */
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

describe("sizes", () => {
  test.each([
    [0, "0 bytes"],
    [1023, "1023 bytes"],
    [1024, "1 KB"],
    [1536, "1.5 KB"],
    [20 * 1024 * 1024, "20 MB"],
    [3 * 1024 ** 5, "3072 TB"],
  ])("%d bytes are read as %s", (bytes, words) => {
    expect(plain(sizeWords(bytes))).toBe(words);
  });
});

test.each([
  ["beach.jpg", "beach.avif"],
  ["a.b.c.png", "a.b.c.avif"],
  ["no-extension", "no-extension.avif"],
  [".png", "image.avif"],
])("an AVIF of %s is saved as %s", (name, saved) => {
  expect(downloadName(name, "avif")).toBe(saved);
});

describe("savings", () => {
  test.each([
    [1000, 220, "78 % smaller"],
    [1000, 1000, "same size"],
    [1000, 1500, "50 % larger"],
  ])("from %d to %d bytes is %s", (before, after, words) => {
    expect(plain(savingWords(before, after))).toBe(words);
  });
});

describe("times", () => {
  test.each([
    [0, "a few seconds left"],
    [12, "about 15 seconds left"],
    [61, "about 1 minute left"],
    [600, "about 10 minutes left"],
    [7200, "about 2 hours left"],
  ])("an estimate of %d seconds never pretends to be exact", (seconds, words) => {
    expect(etaWords(seconds)).toBe(words);
  });

  test.each([
    [34.4, "34 s"],
    [95, "1 min 35 s"],
    [11_523, "3 h 12 min"],
    [180_000, "2 d 2 h"],
  ])("%d seconds are shown in their two largest units", (seconds, words) => {
    expect(durationWords(seconds)).toBe(words);
  });
});

test.each([
  ["2026-01-10T12:00:00Z", "just now"],
  ["2026-01-10T11:59:00Z", "1 minute ago"],
  ["2026-01-10T12:05:00Z", "in 5 minutes"],
  ["2026-01-10T10:31:00Z", "1 hour ago"],
  ["2026-01-09T13:30:00Z", "yesterday"],
  ["2026-01-05T12:00:00Z", "5 days ago"],
  ["2025-12-24T12:00:00Z", /2025/],
])("at noon of 10 January, %s is %s", (at, words) => {
  expect(agoWords(at, Date.parse("2026-01-10T12:00:00Z"))).toMatch(words);
});

test("one is not plural", () => {
  expect([plural(0, "image"), plural(1, "image"), plural(2, "entry", "entries")]).toEqual([
    "0 images",
    "1 image",
    "2 entries",
  ]);
});
