/** The Python client, with Debian's python3-socketio, against the Express example. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { transports } from "@signalbox/server/testing";
import { beforeAll, expect, it } from "vitest";
import { freePort } from "../../../scripts/services/free-port.ts";
import { startExample } from "../../express/test/start-example.ts";

const program = fileURLToPath(new URL("../follow.py", import.meta.url));
let url = "";
beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  return (await startExample(new URL("../../express/", import.meta.url), { PORT: String(port) })).stop;
});

/** Debian's own Python: another one on the path has not Debian's packages. */
const follow = (...args: string[]) => promisify(execFile)("/usr/bin/python3", [program, ...args]);

it.each(transports)("signs in, starts a task and follows it to its end, over %s", async (transport) => {
  const { stdout } = await follow(url, "--transport", transport);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(5);
  expect(stdout).toMatch(/^ +\d+ % running Reading$/m);
  expect(lines.at(-1)).toBe(`over ${transport}: completed, {'counted': 40}`);
});

it("says so when it cannot sign in", async () => {
  await expect(follow(url, "--name", "no name")).rejects.toThrow("400");
});
