import {
  defaultAsText,
  describeAsEnvExample,
  describeAsMarkdown,
  type Environment,
  settings,
  settingsInForce,
} from "@signalbox/server/config";
import { exitCodes } from "../exit-codes.ts";
import { harmless, type Terminal } from "../terminal.ts";
import { type Judgement, judgeEnvironment } from "./judge.ts";
import { migrateFlask } from "./migrate-flask.ts";

/** `signalbox config check`: reports everything that is wrong or misspelt, all at once. */
export function checkConfig(terminal: Terminal, environment: Environment, asJson: boolean): number {
  const { loaded, problems } = judgeEnvironment(environment);
  const isBad = problems.length > 0;
  if (asJson) terminal.print(JSON.stringify({ ok: !isBad, starts: loaded !== undefined, problems }));
  else {
    for (const problem of problems) terminal.print(`${terminal.paint("red", "✗")} ${harmless(problem)}`);
    terminal.print(summaryOf(terminal, loaded, problems.length));
  }
  return isBad ? exitCodes.bad : exitCodes.ok;
}

function summaryOf(terminal: Terminal, loaded: Judgement["loaded"], problems: number): string {
  if (loaded === undefined) return `${problems} problem(s). The server would not start.`;
  const given = [...loaded.sources.values()].filter((source) => source !== "default").length;
  const facts = `${loaded.config.mode} mode, ${given} of ${loaded.sources.size} settings given.`;
  if (problems > 0) return `${problems} problem(s): in ${facts} The server would start, with defaults in their place.`;
  return `${terminal.paint("green", "✓")} In order: ${facts}`;
}

/**
 * `signalbox config print`: each setting with its value, the source of the value, and its default. Values of secrets
 * are not printed.
 */
export function printConfig(terminal: Terminal, environment: Environment, asJson: boolean): number {
  const { loaded, problems } = judgeEnvironment(environment);
  for (const problem of problems) terminal.say(harmless(problem));
  if (loaded === undefined) return exitCodes.bad;
  const defaults = new Map(Object.values(settings).map((setting) => [setting.env, defaultAsText(setting)]));
  const rows = settingsInForce(loaded.config, loaded.sources).map((row) => ({
    ...row,
    default: defaults.get(row.name) || null,
  }));
  if (asJson) {
    terminal.print(JSON.stringify(rows));
    return exitCodes.ok;
  }
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, value, secret, source, default: preset } of rows) {
    const shown = secret ? (source === "default" ? "" : "(secret)") : (value ?? "");
    const origin = source === "default" ? "default" : `${source}${preset === null ? "" : `; default ${preset}`}`;
    const line = `${name.padEnd(width)}  ${harmless(shown)}`;
    terminal.print(`${line}  ${terminal.paint("dim", `(${origin})`)}`);
  }
  return exitCodes.ok;
}

const tables = [{ title: "Signalbox", table: settings }];

/** `signalbox config docs`: prints the page CONFIGURATION.md for the settings of this version. */
export function printDocs(terminal: Terminal): number {
  terminal.print(describeAsMarkdown(tables).trimEnd());
  return exitCodes.ok;
}

/** `signalbox config example`: prints a settings file to start from, with every line commented out. */
export function printExample(terminal: Terminal): number {
  terminal.print(describeAsEnvExample(tables).trimEnd());
  return exitCodes.ok;
}

/**
 * `signalbox config migrate --from flask-socketio`: prints the new file as the result, and the changes on standard
 * error.
 * @param source - the text of the Flask-SocketIO application's `.env`
 */
export function migrateConfig(terminal: Terminal, source: string, asJson: boolean): number {
  const { text, changes, problems } = migrateFlask(source);
  if (asJson) terminal.print(JSON.stringify({ text, changes, problems }));
  else {
    terminal.print(text.trimEnd());
    for (const { name, says } of changes) terminal.say(`${harmless(name)}: ${harmless(says)}`);
    for (const problem of problems) terminal.say(`To be mended: ${harmless(problem)}`);
    terminal.say(`${changes.length} change(s), ${problems.length} to be mended.`);
  }
  return problems.length > 0 ? exitCodes.bad : exitCodes.ok;
}
