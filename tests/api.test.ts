/** What the packages offer is explained where it is declared: the API reference on the site is made of that. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { entryPoints } from "../scripts/entry-points.ts";

const root = join(import.meta.dirname, "..");

interface Export {
  readonly name: string;
  /** Where it is declared. */
  readonly file: string;
  readonly isExplained: boolean;
}

const declaration =
  /^(?<comment>[ \t]*\*\/\n|\/\*\*.*\*\/\n)?export (?:declare |async |abstract )*(?:const|function\*?|class|interface|type|enum|namespace) (?<name>\w+)/gm;
const list = /^export (?:type )?(?:\{(?<names>[^}]*)\}|\*(?: as (?<space>\w+))?) from "(?<from>[^"]+)";/gm;

/** The exports of a file, followed to where they are declared. Formatted as ours is, code is read well enough by its lines. */
function exportsOf(file: string): readonly Export[] {
  const source = readFileSync(file, "utf8");
  const own = [...source.matchAll(declaration)].map(({ groups = {} }) => ({
    ...{ name: groups.name ?? "", file },
    isExplained: groups.comment !== undefined,
  }));
  const passedOn = [...source.matchAll(list)].flatMap(({ groups = {} }) => {
    const all = exportsOf(join(dirname(file), groups.from ?? ""));
    // A namespace is explained by what is in it.
    if (groups.names === undefined) return all;
    const names = groups.names.split(",").flatMap((each) => each.trim().replace(/^type /, "") || []);
    return names.map((each) => {
      const [name = "", alias = name] = each.split(" as ");
      const found = all.find((one) => one.name === name);
      if (found === undefined) throw new Error(`${file} passes on ${name}, which ${groups.from} does not export.`);
      return { ...found, name: alias };
    });
  });
  return [...own, ...passedOn];
}

const entries = entryPoints(root).map(({ name, source }) => [name, exportsOf(join(root, source))] as const);

describe("every export has a doc comment", () => {
  it.each(entries)("of %s", (_name, exported) => {
    expect(exported.length).toBeGreaterThan(0);
    const bare = exported.filter(({ isExplained }) => !isExplained).map(({ name }) => name);
    expect(bare).toEqual([]);
  });
});
