/** The client's page of diagnoses is held to its source, both ways. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { diagnoses } from "../packages/client/src/diagnosis.ts";
import { hints } from "../packages/client/src/hints.ts";
import { settings } from "../packages/server/src/config/settings.ts";

const page = readFileSync(join(import.meta.dirname, "../docs/diagnoses.md"), "utf8");

it("every diagnosis is explained, in the order of the source, and no other", () => {
  const documented = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code);
  expect(documented).toEqual(Object.keys(diagnoses));
  expect(Object.keys(hints)).toEqual(documented);
});

it("settings that are named exist", () => {
  const known = Object.values(settings).map(({ env }) => env);
  const named = `${page} ${Object.values(hints).join(" ")}`.match(/\b(SOCKETIO|SIGNALBOX)_[A-Z_]+\b/g) ?? [];
  for (const name of named) expect(known).toContain(name);
});
