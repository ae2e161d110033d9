import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { copyFiles } from "../copy-files.ts";

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  /** Titles of failed tests, and files that could not run. */
  readonly failures: readonly string[];
}

/** A copy of the checkout in which other versions of dependencies are tried, so that the checkout itself stays as it is. */
export interface Copy {
  /** Installs exactly these versions for packages/server; every other package stays as the lock file says. */
  install(versions: Readonly<Record<string, string>>): void;
  test(paths: readonly string[]): TestCounts;
  remove(): void;
}

/** Copies the files, and installs what the lock file says. */
export function copyCheckout(root: string): Copy {
  const { folder } = copyFiles(root, "signalbox-compat-");

  const run = (command: string, args: readonly string[]) =>
    spawnSync(command, args, { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 26 });

  const { status, stderr } = run("npm", ["ci", "--loglevel=error"]);
  if (status !== 0) throw new Error(`npm ci failed:\n${stderr}`);

  return {
    install(versions) {
      const wanted = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
      const { status, stderr } = run("npm", [
        "install",
        "--no-save",
        "--include-workspace-root",
        "--loglevel=error",
        "-w",
        "packages/server",
        ...wanted,
      ]);
      if (status !== 0) throw new Error(`npm install ${wanted.join(" ")} failed:\n${stderr}`);
      for (const [name, version] of Object.entries(versions)) requireInstalled(folder, name, version);
    },
    test(paths) {
      const report = join(folder, "compat-report.json");
      rmSync(report, { force: true });
      const reporter = ["--reporter=json", `--outputFile=${report}`];
      const { stderr } = run("npx", ["vitest", "run", ...reporter, ...paths]);
      return countsOf(report, stderr);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A row for a version that is not the one the tests imported would be worthless. */
function requireInstalled(folder: string, name: string, version: string): void {
  const places = [join(folder, "packages/server/node_modules", name), join(folder, "node_modules", name)];
  for (const place of places) {
    try {
      const found = JSON.parse(readFileSync(join(place, "package.json"), "utf8")).version;
      if (found === version) return;
      throw new Error(`npm installed ${name} ${found} where ${version} was asked for.`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new Error(`npm did not install ${name}.`);
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

function countsOf(path: string, stderr: string): TestCounts {
  let report: VitestReport;
  try {
    report = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new Error(`Vitest wrote no report:\n${stderr.slice(-2000)}`);
  }
  const failures = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === "failed").map(({ fullName }) => fullName);
    return status === "failed" && failed.length === 0 ? [`${name}: ${message}`] : failed;
  });
  return { passed: report.numPassedTests, failed: Math.max(report.numFailedTests, failures.length), failures };
}
