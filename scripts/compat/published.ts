import { spawnSync } from "node:child_process";

/** The published versions that matter for a range. */
export interface Published {
  readonly oldest: string;
  readonly newest: string;
  /** What `npm install NAME` takes today; later than `newest` when the range does not admit it yet. */
  readonly latest: string;
}

/** @throws Error when the registry does not answer, or no published version is in the range */
export function publishedVersions(name: string, range: string): Published {
  const view = (spec: string) => {
    const { status, stdout, stderr } = spawnSync("npm", ["view", spec, "version", "--json"], { encoding: "utf8" });
    if (status !== 0) throw new Error(`npm view ${spec} failed: ${stderr}`);
    return [JSON.parse(stdout)].flat() as string[];
  };
  const inRange = view(`${name}@${range}`).sort(byPrecedence);
  const [oldest, newest] = [inRange.at(0), inRange.at(-1)];
  const [latest] = view(`${name}@latest`);
  if (oldest === undefined || newest === undefined || latest === undefined)
    throw new Error(`No published version of ${name} is in the range ${range}.`);
  return { oldest, newest, latest };
}

/** By number; npm lists versions in the order in which they were published. */
function byPrecedence(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number)) as [number[], number[]];
  const differing = left.findIndex((part, index) => part !== right[index]);
  return differing < 0 ? 0 : (left[differing] ?? 0) - (right[differing] ?? 0);
}
