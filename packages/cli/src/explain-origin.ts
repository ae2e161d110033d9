import { ConfigError, createOriginPolicy, loadConfig } from "@signalbox/server/config";
import { exitCodes } from "./exit-codes.ts";
import type { Environment } from "./read-environment.ts";
import type { Terminal } from "./terminal.ts";

/** `signalbox explain-origin`: whether a page of this origin may connect, and the rule that decides. */
export function explainOrigin(terminal: Terminal, origin: string, environment: Environment, asJson: boolean): number {
  let config: ReturnType<typeof loadConfig>["config"];
  try {
    ({ config } = loadConfig(environment));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    terminal.say(error.message);
    return exitCodes.bad;
  }
  const policy = createOriginPolicy(config);
  const verdict = policy.judge(origin);
  if (asJson) terminal.print(JSON.stringify({ ...verdict, allowed_origins: policy.allowed }));
  else {
    const word = verdict.allowed ? terminal.paint("green", "allowed") : terminal.paint("red", "refused");
    terminal.print(`${origin}: ${word}, ${verdict.rule}`);
    if (verdict.hint !== undefined) terminal.print(verdict.hint);
    if (!verdict.allowed && config.corsReportOnly) {
      terminal.print("SOCKETIO_CORS_REPORT_ONLY is on: it is logged, and let pass.");
    }
  }
  return verdict.allowed || config.corsReportOnly ? exitCodes.ok : exitCodes.bad;
}
