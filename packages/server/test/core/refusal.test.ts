import { expect, it } from "vitest";
import { Refusal } from "../../src/core/refusal.ts";

/** A bundler can give routes their own copy of the package, so the module is evaluated a second time. */
const copyUrl = `${new URL("../../src/core/refusal.ts", import.meta.url)}?copy`;

it("recognises a refusal of another copy of the package by instanceof", async () => {
  const copy: { Refusal: typeof Refusal } = await import(copyUrl);
  expect(copy.Refusal).not.toBe(Refusal);
  expect(new copy.Refusal("forbidden")).toBeInstanceOf(Refusal);
  expect(new Refusal("forbidden")).toBeInstanceOf(copy.Refusal);
  expect(new Refusal("forbidden")).toBeInstanceOf(Error);
});

it.each([new Error("no"), { code: "forbidden" }, "forbidden", null, undefined])(
  "does not take %s for a refusal",
  (value) => {
    expect(value instanceof Refusal).toBe(false);
  },
);
