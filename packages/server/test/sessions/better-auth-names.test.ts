/** The name of Better Auth's session cookie depends on its base URL, its options and NODE_ENV (fault A6). */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Outcome } from "./better-auth-names-main.ts";

it.each(["production", "development"])(
  "finds the session cookie in every configuration, with NODE_ENV=%s",
  async (mode) => {
    const { BETTER_AUTH_URL: _url, ...env } = process.env;
    const child = fork(join(import.meta.dirname, "better-auth-names-main.ts"), [], {
      execArgv: ["--conditions=@signalbox/source"],
      env: { ...env, NODE_ENV: mode },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [outcomes] = (await once(child, "message")) as [Outcome[]];
    expect(outcomes.length).toBeGreaterThan(15);
    for (const { what, cookie, found } of outcomes)
      expect({ what, cookie, found }).toEqual({ what, cookie, found: ["Ada", "Ada"] });
    // Configurations differ in the prefix: both forms occur.
    expect(new Set(outcomes.map(({ cookie }) => cookie.startsWith("__Secure-")))).toEqual(new Set([true, false]));
  },
);
