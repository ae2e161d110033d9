import { describe, expect, it } from "vitest";
import { describeAsEnvExample, describeAsMarkdown } from "../../src/config/describe.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import * as setting from "../../src/config/setting.ts";
import { settings } from "../../src/config/settings.ts";

const signalbox = { title: "Signalbox", table: settings };
const application = {
  title: "The application",
  table: {
    key: setting.text("APP_KEY", "hunter2", "A key.", { secret: true, requiredInProduction: true }),
    side: setting.choice("APP_SIDE", ["left|right", "both"], "left|right", "One | or both.", { unit: "a|b" }),
    tags: setting.list("APP_TAGS", ["a", "b"], "Tags.", { aliases: ["TAGS"] }),
  },
};
const each = Object.values<setting.Setting>(settings);

describe("CONFIGURATION.md", () => {
  const page = describeAsMarkdown([signalbox, application]);
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  /** The cells of a row; an escaped `|` does not separate cells. */
  const cellsOf = (env: string) =>
    rows
      .find((row) => row.startsWith(`| \`${env}\``))
      ?.split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());

  it("has a row for every setting, in the order of the tables, each under its heading", () => {
    const names = [...each, ...Object.values(application.table)].map(({ env }) => env);
    expect(rows.map((row) => /`(\w+)`/.exec(row)?.[1])).toEqual(names);
    expect(page.match(/^## .*/gm)).toEqual(["## Signalbox", "## The application"]);
    expect(page.indexOf("## The application")).toBeLessThan(page.indexOf("`APP_KEY`"));
    expect(page.indexOf("## The application")).toBeGreaterThan(page.indexOf("`SOCKETIO_DEBUG`"));
  });
  it.each(each)("tells names, unit and meaning of $env", ({ env, aliases, unit = "", doc }) => {
    const [names, type, shown, fallback, meaning] = cellsOf(env) ?? [];
    expect(names).toBe([env, ...aliases].map((name) => `\`${name}\``).join(" or "));
    expect(type).not.toBe("");
    expect(shown).toBe(unit);
    expect(fallback).not.toBe("");
    expect(meaning).toContain(doc);
  });
  it.each([
    ["SOCKETIO_DEBUG", "boolean", "", "`false`"],
    ["SOCKETIO_PING_INTERVAL", "integer, 1 to 300", "seconds", "`25`"],
    ["SOCKETIO_RECONNECTION_ATTEMPTS", "integer, 0 to 1000000", "", "`0`"],
    ["SIGNALBOX_CONNECT_RATE_PER_USER", "integer, 1 to 1000000", "per minute", "`60`"],
    ["NODE_ENV", "`development`, `production`, `test`", "", "`development`"],
    ["SOCKETIO_TRANSPORTS", "list of `polling`, `websocket`", "", "`polling,websocket`"],
    ["SOCKETIO_CORS_ORIGINS", "list", "", "none"],
    ["SOCKETIO_PATH", "string", "", "`/socket.io/`"],
    ["PUBLIC_URL", "url", "", "none"],
    ["SIGNALBOX_SECRET", "string, at least 32 characters", "", "none"],
  ])("tells type, unit and default of %s", (env, ...expected) => {
    expect(cellsOf(env)?.slice(1, 4)).toEqual(expected);
  });
  it("marks secrets and what production requires, and prints no secret's default", () => {
    expect(cellsOf("APP_KEY")?.at(-1)).toBe("A key. Secret. Required in production.");
    expect(cellsOf("SIGNALBOX_METRICS_TOKEN")?.at(-1)).toMatch(/ Secret\.$/);
    expect(cellsOf("SOCKETIO_DEBUG")?.at(-1)).not.toMatch(/Secret|Required/);
    expect(page).not.toContain("hunter2");
  });
  it("keeps a | in any cell from ending it", () => {
    expect(cellsOf("APP_SIDE")).toEqual([
      "`APP_SIDE`",
      "`left\\|right`, `both`",
      "a\\|b",
      "`left\\|right`",
      "One \\| or both.",
    ]);
  });
});

describe(".env.example", () => {
  const page = describeAsEnvExample([signalbox, application]);
  /** The meaning, facts and assignment of one setting. */
  const entryOf = (env: string) => new RegExp(`^# (.*)\n# \\((.*)\\)\n# ${env}=(.*)$`, "m").exec(page)?.slice(1);

  it("sets nothing: every line is a comment", () => {
    for (const line of page.split("\n")) expect(line).toMatch(/^($|#)/);
  });
  it("has every setting once, in the order of the tables, each under its heading", () => {
    const names = [...each, ...Object.values(application.table)].map(({ env }) => env);
    expect([...page.matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name)).toEqual(names);
    expect(page.match(/^## .*/gm)).toEqual(["## Signalbox", "## The application"]);
  });
  it.each(each)("tells the meaning of $env", ({ env, doc }) => expect(entryOf(env)?.[0]).toBe(doc));
  it.each([
    ["SOCKETIO_DEBUG", "boolean", "false"],
    ["SOCKETIO_PING_INTERVAL", "integer, 1 to 300; seconds", "25"],
    ["SIGNALBOX_CONNECT_RATE_PER_USER", "integer, 1 to 1000000; per minute", "60"],
    ["SOCKETIO_LOG_LEVEL", "debug, info, warn, error, silent", "info"],
    ["SOCKETIO_TRANSPORTS", "list of polling, websocket", "polling,websocket"],
    ["PUBLIC_URL", "url", ""],
    ["SIGNALBOX_SECRET", "string, at least 32 characters; required in production", ""],
    ["APP_KEY", "string; required in production", ""],
    ["APP_TAGS", "list", "a,b"],
  ])("tells type, unit and default of %s, and no secret's", (env, ...expected) => {
    expect(entryOf(env)?.slice(1)).toEqual(expected);
  });
  it("has defaults that the loader takes as they are", () => {
    const assignments = [...describeAsEnvExample([signalbox]).matchAll(/^# ([A-Z_]+)=(.*)$/gm)];
    const env = Object.fromEntries(assignments.map(([, name = "", value = ""]) => [name, value]));
    const { config, warnings } = loadConfig(env);
    expect(warnings).toEqual([]);
    expect({ ...config, secret: "" }).toEqual({ ...loadConfig({}).config, secret: "" });
  });
});
