/** `npm run test:frameworks`: applications of real frameworks, installed from the packed packages and used. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../../packages/server/src/testing/index.ts";
import { launchChromium } from "../../scripts/services/chromium.ts";
import { oldestNode } from "../packages/node-versions.ts";
import { createProject, type Project } from "./project.ts";
import { walk } from "./walk.ts";

/** Installs a project before the tests of a `describe`, and removes it after them. */
function installed(name: string, nodeRange?: string): () => Project {
  let project: Project;
  beforeAll(async () => {
    project = await createProject(name, nodeRange);
  });
  afterAll(() => project?.remove());
  return () => project;
}

describe("Express 5 with passport, in TypeScript", () => {
  const project = installed("express-passport");

  it("compiles with strict settings, types of the packages included", async () => {
    expect(await project().run("tsc")).toBe("");
  });
  it("signs a user in, shows a task, notices the sign-out and stops on SIGTERM", async () => {
    const server = await project().start("node", ["server.ts"]);
    await walk(server.url);
    expect(await server.terminate()).toBe(0);
  });
});

describe("Express 5 in CommonJS, on the oldest supported Node", () => {
  const project = installed("express-commonjs", oldestNode());

  it("signs a user in, shows a task, notices the sign-out and stops on SIGTERM", async () => {
    const server = await project().start("node", ["server.js"]);
    await walk(server.url);
    expect(await server.terminate()).toBe(0);
  });
});

describe("Fastify 5 with @fastify/session", () => {
  const project = installed("fastify-session");

  it("compiles without a cast", async () => {
    expect(await project().run("tsc")).toBe("");
  });
  it("signs a user in, shows a task, notices the sign-out and stops on SIGTERM", async () => {
    const server = await project().start("node", ["server.ts"]);
    await walk(server.url);
    expect(await server.terminate()).toBe(0);
  });
});

describe("NestJS 11", () => {
  const project = installed("nestjs");

  it("compiles to CommonJS, signs a user in, shows a task and stops on SIGTERM", async () => {
    expect(await project().run("tsc")).toBe("");
    const server = await project().start("node", ["dist/main.js"]);
    await walk(server.url);
    expect(await server.terminate()).toBe(0);
  });
});

describe("Next 16 with the App Router", () => {
  const project = installed("next");
  const browser = withBrowser();

  it("serves a page and its routes in development, and stops on SIGTERM with the page open", async () => {
    const server = await project().start("node", ["server.ts"]);
    await walk(server.url);
    await startImport(browser(), server.url);
    expect(await server.terminate()).toBe(0);
  });
  it("builds, serves what was built, and stops on SIGTERM with the page open", async () => {
    await project().run("npm", ["run", "build"]);
    const env = { NODE_ENV: "production", SIGNALBOX_SECRET: "a".repeat(40) };
    const server = await project().start("node", ["server.ts"], env);
    await walk(server.url);
    await startImport(browser(), server.url);
    expect(await server.terminate()).toBe(0);
  });
});

describe.each(["react", "vue"])("a %s page that Vite serves from another origin", (name) => {
  const project = installed(name);
  const browser = withBrowser();
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ env: { NODE_ENV: "development" } });
  });
  afterAll(() => server?.close());

  it("compiles with strict settings", async () => {
    expect(await project().run(name === "vue" ? "vue-tsc" : "tsc")).toBe("");
  });
  it("shows a task from the development server", async () => {
    const vite = await project().start("vite", ["--host", "127.0.0.1"]);
    await followTask(browser(), vite.url, server);
    await vite.terminate();
  });
  it("shows a task from the built page", async () => {
    await project().run("vite", ["build"]);
    const vite = await project().start("vite", ["preview", "--host", "127.0.0.1"]);
    await followTask(browser(), vite.url, server);
    await vite.terminate();
  });
});

function withBrowser(): () => Browser {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  return () => browser;
}

/** Opens the page of the Next application, and leaves it open: open connections must not keep the server from stopping. */
async function startImport(browser: Browser, url: string): Promise<void> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(url);
  await page.getByRole("button", { name: "Import" }).click();
  await page.getByText("completed", { exact: true }).waitFor();
  expect(errors).toEqual([]);
}

/** Opens a page on its own origin, and follows a task of a server on another one with a bearer token. */
async function followTask(browser: Browser, origin: string, server: TestServer): Promise<void> {
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const { progress } = server.realtime;
  const task = await progress.create({ kind: "import", title: "Customers", owner_id: "ada" });
  const parameters = { server: server.url, token: cookie.split("=")[1] ?? "", task: task.task_id };
  const page = await browser.newPage();
  await page.goto(`${origin}/#${new URLSearchParams(parameters)}`);
  await page.getByText("queued", { exact: true }).waitFor();
  await progress.report(task.task_id, { status: "running", current: 1, total: 2 });
  await page.getByText("running", { exact: true }).waitFor();
  await progress.complete(task.task_id, { rows: 2 });
  await page.getByText("completed", { exact: true }).waitFor();
  expect(await page.locator("connection-status").evaluate((element) => element.shadowRoot !== null)).toBe(true);
  await page.close();
}
