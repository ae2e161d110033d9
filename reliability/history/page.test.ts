import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { faultKinds } from "./check.ts";

it("docs/reliability/history.md explains every violation, and no other", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/reliability/history.md"), "utf8");
  const [, violations = ""] = page.split("## Violations");
  const explained = [...violations.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind);
  expect(explained.toSorted()).toEqual(faultKinds.toSorted());
});
