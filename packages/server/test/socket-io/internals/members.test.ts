/** The private members of Socket.IO, Engine.IO and `ws` that the server relies on: one test for each. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Server as EngineServer } from "engine.io";
import { afterAll, beforeAll, expect, it } from "vitest";
import { webSocketServer } from "../../../src/socket-io/internals/guarded-websocket-server.ts";
import { installedVersion } from "../../../src/socket-io/internals/installed-version.ts";
import { members } from "../../../src/socket-io/internals/members.ts";
import { createProbe, type Probe } from "../../../src/socket-io/internals/probe.ts";
import { type SupportedPackage, supportedVersions } from "../../../src/socket-io/internals/supported-versions.ts";

let probe: Probe;
beforeAll(() => {
  const wsEngine = webSocketServer({ mayPing: () => true, onFault() {} });
  probe = createProbe(new EngineServer({ wsEngine }));
});
afterAll(() => probe.close());

it.each(members.map((member) => [member.of, member.name, member] as const))("%s has %s", (_of, _name, member) => {
  expect(member.works(probe)).toBe(true);
});

it.each(["polling", "websocket"] as const)("all members exist with %s as the only transport", (transport) => {
  const wsEngine = webSocketServer({ mayPing: () => true, onFault() {} });
  const only = createProbe(new EngineServer({ wsEngine, transports: [transport] }));
  expect(members.filter((member) => !member.works(only))).toEqual([]);
  only.close();
});

it("supports the versions that package.json names", () => {
  const file = new URL("../../../package.json", import.meta.url);
  const { dependencies } = JSON.parse(readFileSync(file, "utf8")) as { dependencies: Record<string, string> };
  expect(dependencies).toMatchObject(supportedVersions);
});

it("finds the installed version of each", () => {
  for (const name of Object.keys(supportedVersions))
    expect(installedVersion(name as SupportedPackage)).toMatch(/^\d+\.\d+/);
});

it("is cast to in socket-io/internals only", () => {
  const folder = fileURLToPath(new URL("../../../src/socket-io/", import.meta.url));
  const files = globSync("**/*.ts", { cwd: folder }).filter((file) => !file.startsWith("internals/"));
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => readFileSync(join(folder, file), "utf8").includes("as unknown as"))).toEqual([]);
});
