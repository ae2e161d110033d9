/** docs/getting-started.md and the server of the README, followed literally in an empty folder with the packed packages. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { connectClient, fetchClientConfig } from "../../packages/server/src/testing/index.ts";
import { packageFolders, readManifest } from "../../scripts/packages/workspace.ts";
import { launchChromium } from "../../scripts/services/chromium.ts";
import { freePort } from "../../scripts/services/free-port.ts";
import { installNode, oldestNode } from "./node-versions.ts";
import { lockVersions, npmEnvironment, runIn } from "./stranger.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/getting-started.md"), "utf8");
const readme = readFileSync(join(root, "README.md"), "utf8");
const own = page.slice(page.indexOf("## Your own application"), page.indexOf("## What to do next"));

/** Code blocks of the page: commands by their order, files by the name that the sentence before them gives. */
const commands = [...own.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
const files = [...own.matchAll(/ this as `([\w./]+)`:\n\n<!-- \S+ -->\n```\w+\n([\s\S]*?)```/g)];

const home = mkdtempSync(join(tmpdir(), "getting-started-"));
const folder = join(home, "my-app");
let environment: NodeJS.ProcessEnv = {};

beforeAll(async () => {
  const configOf = async (name: string): Promise<string> => (await runIn(root, "npm", ["config", "get", name])).trim();
  // Commands of the page name the home folder; npm keeps its cache and its settings.
  const [cache, userconfig] = [await configOf("cache"), await configOf("userconfig")];
  environment = { ...npmEnvironment, HOME: home, npm_config_cache: cache, npm_config_userconfig: userconfig };

  const sources = packageFolders(root).map((each) => ({ ...readManifest(join(root, each)), folder: join(root, each) }));
  lockVersions(home, sources, ["express", "express-session"]);
  const [install = ""] = commands;
  // The same versions as in this repository, which are in npm's cache.
  const locked = install.replace(/^npm install/m, "cp ../package-lock.json .\nnpm install");
  expect(locked).not.toBe(install);
  await runIn(root, "sh", ["-ec", locked], environment);
  for (const [, name = "", text = ""] of files) writeFileSync(join(folder, name), text);
}, 240_000);
afterAll(() => rmSync(home, { recursive: true, force: true }), 120_000);

/** Starts a program of the application as the page does, on a port of the test; it ends with the test. */
async function start(command: string): Promise<string> {
  const port = await freePort();
  const server = spawn("sh", ["-c", `exec ${command}`], {
    cwd: folder,
    env: { ...environment, NODE_ENV: "development", PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  server.stderr.on("data", (data) => (errors += data));
  onTestFinished(async () => {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
  });
  const url = `http://localhost:${port}`;
  const statusOf = async (): Promise<number | string> =>
    fetch(`${url}/livez`).then(
      ({ status }) => status,
      () => errors,
    );
  await expect.poll(statusOf, { timeout: 30_000 }).toBe(200);
  return url;
}

it("names each file and each command of the application", () => {
  expect(files.map(([, name]) => name)).toEqual(["server.mjs", "public/index.html", "public/page.mjs"]);
  expect(commands.slice(1)).toEqual(["node server.mjs\n", "npx @signalbox/cli doctor http://localhost:5000\n"]);
});

describe.each([oldestNode(), "latest"])("on Node %s", (range) => {
  beforeAll(async () => {
    const node = await installNode(range);
    environment = { ...environment, PATH: [dirname(node), process.env.PATH].join(delimiter) };
  }, 120_000);

  it("leads to a page that signs in and shows a task to its end", async () => {
    const url = await start(commands[1] ?? "");
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const tab = await browser.newPage();
    const errors: string[] = [];
    tab.on("pageerror", ({ message }) => errors.push(message));
    await tab.goto(url);
    const importing = tab.getByRole("button", { name: "Import customers" });
    await importing.click();
    await tab.getByText("Sign in first.").waitFor();
    await tab.getByRole("button", { name: "Sign in as Ada" }).click();
    await expect
      .poll(async () => {
        await importing.click();
        return tab.locator("output").textContent();
      })
      .not.toBe("Sign in first.");
    await tab.getByText("completed").waitFor({ timeout: 30_000 });
    expect(await tab.getByRole("progressbar").getAttribute("value")).toBe("100");
    expect(errors).toEqual([]);
  });

  it("leads to a server that the doctor of the installed package finds in order", async () => {
    const url = await start(commands[1] ?? "");
    const command = (commands[2] ?? "").replace("http://localhost:5000", url);
    expect(await runIn(folder, "sh", ["-ec", command], environment)).toMatch(/ 0 failed/);
  });

  it("runs the server of the README as it stands, and a client follows a task to its end", async () => {
    const [, text = ""] = /<!-- examples\/minimal\/server\.mjs -->\n```js\n([\s\S]*?)```/.exec(readme) ?? [];
    writeFileSync(join(folder, "readme.mjs"), text);
    const url = await start("node readme.mjs");
    const signedIn = await fetch(`${url}/sign-in`, { method: "POST" });
    const cookie = signedIn.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const client = await connectClient(url, { origin: url, cookie });
    onTestFinished(() => client.close());
    const { csrf = "" } = await fetchClientConfig(url, { origin: url, cookie });
    const headers = { origin: url, cookie, "x-csrf-token": csrf };
    const { task_id } = await (await fetch(`${url}/import`, { method: "POST", headers })).json();
    const { task } = await client.request("join_task", { task_id });
    const ended = task.status === "completed" ? task : await client.next("task_completed");
    expect(ended).toMatchObject({ task_id, status: "completed", result: { rows: 1200 } });
  });
});
