/** The packages as strangers get them: packed, installed in an empty folder, imported, compiled, bundled and run. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Packed, packPackages } from "../../scripts/packages/pack.ts";
import { packageFolders, readManifest } from "../../scripts/packages/workspace.ts";
import { launchChromium } from "../../scripts/services/chromium.ts";
import limits from "../../size-limits.json" with { type: "json" };
import { installTarballs, linkPackages, runIn } from "./stranger.ts";

const root = join(import.meta.dirname, "../..");
const tool = (path: string): string => join(root, "node_modules", path);
const names = packageFolders(root).map((folder) => readManifest(join(root, folder)).name);

/** What entry points need beside the packages, and which of it is missing first where nothing is. */
const needs: Readonly<Record<string, string>> = {
  "@signalbox/server/sql": "kysely",
  "@signalbox/server/postgres": "kysely",
  "@signalbox/server/bearer": "jose",
  "@signalbox/server/redis": "ioredis",
  "@signalbox/server/bullmq": "bullmq",
};
const types = ["@types/express-session", "@types/pg", "@types/react", "preact"];
const beside = [...new Set(Object.values(needs)), "better-auth", "express-session", "pg", ...types];

/** An application that keeps sessions and tasks in memory should install none of these. */
const unwanted = /^(kysely|pg|ioredis|redis|@redis\/.*|better-auth|bullmq|jose|express|express-session)$/;

const nodeNext = { module: "nodenext", moduleResolution: "nodenext" };
const bundler = { module: "esnext", moduleResolution: "bundler" };

const scratch = mkdtempSync(join(tmpdir(), "packages-"));
const bare = join(scratch, "bare");
const full = join(scratch, "full");
let packed: readonly Packed[] = [];
let installing: Promise<void> = Promise.resolve();

beforeAll(async () => {
  packed = packPackages(root, join(scratch, "packed"));
  installing = installTarballs(bare, packed);
  // A test that waits for it reports a failure; until then the rejection is not an unhandled one.
  installing.catch(() => {});
}, 120_000);

afterAll(async () => {
  await installing.catch(() => {});
  rmSync(scratch, { recursive: true, force: true });
}, 120_000);

describe.each(names)("the tarball of %s", (name) => {
  const tarball = (): Packed => packed.find((one) => one.name === name) as Packed;

  it("holds sources, what the compiler makes of them, a manifest, a README and a licence", () => {
    const { files } = tarball();
    const sources = files.filter((file) => file.startsWith("src/"));
    const compiled = sources.flatMap((file) => {
      const module = file.replace(/^src/, "dist").replace(/\.ts$/, "");
      return [`${module}.js`, `${module}.js.map`, `${module}.d.ts`, `${module}.d.ts.map`];
    });
    const bins = files.filter((file) => file.startsWith("bin/"));
    const texts = ["LICENSE", "README.md", "package.json"];
    expect(sources.length).toBeGreaterThan(0);
    // A file of `dist` without a source is left from an earlier build: npx tsc -b --clean removes it.
    expect([...files].sort()).toEqual([...sources, ...compiled, ...bins, ...texts].sort());
  });
  it("contains no path of the machine on which it was made", () => {
    const { files, folder } = tarball();
    for (const file of files) expect(readFileSync(join(folder, file), "utf8").includes(root), file).toBe(false);
  });
  it("carries the licence of the project", () => {
    expect(readFileSync(join(tarball().folder, "LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
  });
  it("resolves the source condition to a packed file", () => {
    const { files, folder } = tarball();
    const conditions = Object.values(readManifest(folder).exports ?? {});
    for (const { "@signalbox/source": source = "" } of conditions) expect(files).toContain(source.replace("./", ""));
  });
  it("has a manifest that publint accepts", async () => {
    const { buffer } = new Uint8Array(readFileSync(tarball().tarball));
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });
  it("is not larger than size-limits.json says", () => {
    const most = new Map(Object.entries(limits.unpackedBytes)).get(name);
    expect(most, `size-limits.json has no limit for ${name}`).toBeDefined();
    expect(tarball().unpackedBytes).toBeLessThan(most ?? 0);
  });
});

describe("installed in an empty folder", () => {
  beforeAll(async () => {
    await installing;
    cpSync(join(import.meta.dirname, "application"), join(bare, "application"), { recursive: true });
  }, 120_000);

  it("brings no SQL driver, no Redis client, no accounts and no queue", async () => {
    const tree = JSON.parse(await runIn(bare, "npm", ["ls", "--all", "--json", "--omit=dev"]));
    const found = installedIn(tree);
    expect(found).toEqual(expect.arrayContaining([...names, "socket.io"]));
    expect(found.filter((name) => unwanted.test(name))).toEqual([]);
  });
  it("every entry point is imported, or names the package that is to be installed", async () => {
    const failures = await importAll(bare);
    expect(Object.keys(failures).sort()).toEqual(Object.keys(needs).sort());
    for (const [entry, missing] of Object.entries(needs))
      expect(failures[entry]).toContain(`Cannot find package '${missing}'`);
  });
  it.each([nodeNext, bundler])(
    "strict TypeScript compiles against what needs no other: $moduleResolution",
    async (options) => {
      expect(await compile(bare, ["bare.ts", "server.ts", "page/page.ts"], { ...options, skipLibCheck: false })).toBe(
        "",
      );
    },
    60_000,
  );
});

describe("installed beside everything that it can work with", () => {
  beforeAll(async () => {
    await installing;
    cpSync(bare, full, { recursive: true, verbatimSymlinks: true });
    linkPackages(full, beside);
    const checked = entryPoints().filter((entry) => entry !== "@signalbox/server/better-auth");
    const everything = checked.map((entry, index) => `export * as entry${index} from "${entry}";\n`);
    writeFileSync(join(full, "application/everything.ts"), everything.join(""));
  }, 120_000);

  it("every entry point is imported", async () => {
    expect(await importAll(full)).toEqual({});
  });
  it("strict TypeScript compiles against every entry point", async () => {
    const files = ["everything.ts", "optional.ts"];
    expect(await compile(full, files, { ...nodeNext, skipLibCheck: false })).toBe("");
  });
  it("strict TypeScript compiles against the adapter of Better Auth, whose own types do not all pass", async () => {
    expect(await compile(full, ["accounts.ts"], { ...nodeNext, skipLibCheck: true })).toBe("");
  });
  it("every command explains itself", async () => {
    for (const { folder } of packed)
      for (const command of Object.keys(readManifest(folder).bin ?? {}))
        expect(await runIn(full, join(full, "node_modules/.bin", command), ["--help"])).toContain(command);
  });

  it("a page that Vite built of it shows a task of a server that has it", async () => {
    const page = join(full, "application/page");
    await runIn(full, process.execPath, [tool("vite/bin/vite.js"), "build", page, "--logLevel", "error"]);
    const scripts = globSync("dist/assets/*.js", { cwd: page }).map((file) => readFileSync(join(page, file), "utf8"));
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) expect(script).not.toMatch(/["'`]node:/);

    const server = spawn(process.execPath, ["application/server.ts", join(page, "dist")], { cwd: full });
    onTestFinished(() => void server.kill());
    const url = String((await once(server.stdout, "data"))[0]).trim();
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const tab = await browser.newPage();
    const errors: string[] = [];
    tab.on("pageerror", (error) => errors.push(error.message));
    tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await tab.goto(url);
    await tab.getByText("Customers: completed").waitFor();
    expect(await tab.locator("connection-status").evaluate((element) => element.shadowRoot !== null)).toBe(true);
    expect(errors).toEqual([]);
  }, 120_000);
});

/** What the compiler says of files of the application. */
async function compile(folder: string, files: readonly string[], options: Record<string, unknown>): Promise<string> {
  const home = mkdtempSync(join(folder, "compile-"));
  const compilerOptions = {
    ...{ ...options, strict: true, noEmit: true, allowImportingTsExtensions: true, types: [] },
    ...{ target: "es2024", lib: ["es2024", "dom", "dom.iterable", "dom.asynciterable"] },
  };
  const config = { compilerOptions, files: files.map((file) => `../application/${file}`) };
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify(config));
  return runIn(folder, tool(".bin/tsc"), ["-p", home]);
}

/** Every path that the packages export, such as `@signalbox/client/hints`. */
function entryPoints(): string[] {
  const entries = packed.flatMap(({ name, folder }) =>
    Object.keys(readManifest(folder).exports ?? {}).map((path) => name + path.slice(1)),
  );
  expect(entries.length).toBeGreaterThan(15);
  return entries;
}

/** Imports every entry point in one process of Node; what failed, and why. */
async function importAll(folder: string): Promise<Record<string, string>> {
  const script = `const failures = {};
    for (const entry of ${JSON.stringify(entryPoints())})
      await import(entry).catch(({ message }) => { failures[entry] = message; });
    console.log(JSON.stringify(failures));`;
  return JSON.parse(await runIn(folder, process.execPath, ["--input-type=module", "--eval", script]));
}

interface Installed {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, Installed>>;
}

function installedIn({ dependencies = {} }: Installed): string[] {
  const there = Object.entries(dependencies).filter(([, { version }]) => version !== undefined);
  return there.flatMap(([name, tree]) => [name, ...installedIn(tree)]);
}
