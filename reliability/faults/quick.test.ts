/** The fault tables once through, as `npm run faults -- --quick` does it; the full run puts each fault in many times. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { faultKinds } from "./kinds/all.ts";

const program = join(import.meta.dirname, "main.ts");

async function expectKept(names: readonly string[], flags: readonly string[]): Promise<void> {
  const args = ["--conditions=source", program, "--quick", ...flags, "--only", names.join()];
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

it(`keeps every promise while each of ${faultKinds.length} faults is put in`, async () => {
  const mayMount = process.getuid?.() === 0;
  const names = faultKinds.filter(({ needs }) => mayMount || needs !== "disk").map(({ name }) => name);
  await expectKept(names, ["--lanes", "3"]);
}, 240_000);
