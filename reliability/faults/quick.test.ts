/** A row of each family of the fault table, once; `npm run faults` puts every fault in, many times. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { faultKinds } from "./kinds/all.ts";

const program = join(import.meta.dirname, "main.ts");

async function expectKept(names: readonly string[], flags: readonly string[]): Promise<void> {
  const args = ["--conditions=@signalbox/source", program, "--quick", ...flags, "--only", names.join()];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code] = (await once(child, "exit")) as [number | null];
  expect(output).toMatch(/0 of \d+ kinds broke a promise/);
  for (const name of names) expect(output).toMatch(new RegExp(`^signalbox ${name}: 1 faults, \\d{4,} events`, "m"));
  expect(code).toBe(0);
}

/** Ends of the server, a store that fails, stalls, clients. */
const chosen = ["kill_before_acknowledgement", "database_read_only", "half_open", "session_revoked"];

it("keeps every promise while a fault of each family is put in", async () => {
  expect(faultKinds.filter(({ name }) => chosen.includes(name))).toHaveLength(chosen.length);
  await expectKept(chosen, ["--lanes", String(chosen.length)]);
}, 600_000);
