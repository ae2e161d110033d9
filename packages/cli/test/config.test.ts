import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runCommand } from "./run-command.ts";

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, ".env");
  writeFileSync(file, text);
  return file;
}

const production = { NODE_ENV: "production", HOST: "app.example.com", SIGNALBOX_SECRET: "a".repeat(32) };

it("config check reports no problem for settings that are in order, and exits with 0", async () => {
  const { code, out } = await runCommand(["config", "check"], { env: production });
  expect(out).toMatch(/^✓ In order: production mode, 3 of \d+ settings given\.\n$/);
  expect(code).toBe(0);
});

it("config check reports every problem at once with the nearest name of a misspelt setting, and hides secrets", async () => {
  const env = { ...production, SIGNALBOX_SECRET: "too short", PORT: "eighty", SOCKETIO_PING_TIMOUT: "20" };
  const { code, out } = await runCommand(["config", "check"], { env });
  expect(out).toContain('✗ PORT is "eighty", but must be a whole number from 0 to 65535.');
  expect(out).toContain("✗ SIGNALBOX_SECRET must have at least 32 characters.");
  expect(out).toContain("✗ SOCKETIO_PING_TIMOUT is not a setting. Did you mean SOCKETIO_PING_TIMEOUT?");
  expect(out).toContain("3 problem(s). The server would not start.");
  expect(out).not.toContain("too short");
  expect(code).toBe(1);
});

it("config check fails in development for settings that are not in order, even though the server would start", async () => {
  const { code, out } = await runCommand(["config", "check", "--json"], { env: { PORT: "eighty" } });
  expect(JSON.parse(out)).toEqual({ ok: false, starts: true, problems: [expect.stringContaining("PORT is")] });
  expect(code).toBe(1);
});

it("config print reads a file instead of the environment, and a file that cannot be read is a usage error", async () => {
  const file = fileWith("PORT=4000\nSIGNALBOX_SECRET='s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t'\n");
  const { code, out } = await runCommand(["config", "print", "--env", file], { env: { PORT: "1" } });
  expect(out).toMatch(/^PORT +4000 {2}\(PORT; default 5000\)$/m);
  expect(out).toMatch(/^HOST +localhost {2}\(default\)$/m);
  expect(out).toMatch(/^SIGNALBOX_SECRET +\(secret\) {2}\(SIGNALBOX_SECRET\)$/m);
  expect(out).not.toContain("s3cr3t-");
  expect(code).toBe(0);
  const missing = await runCommand(["config", "print", "--env", "/no/such/file"]);
  expect(missing).toMatchObject({ code: 2, err: "/no/such/file cannot be read: ENOENT.\n" });
});

it("config print names a legacy variable as the source of a setting, and prints JSON for programs", async () => {
  const { out } = await runCommand(["config", "print", "--json"], { env: { FLASK_PORT: "4000" } });
  const rows = JSON.parse(out) as { name: string }[];
  expect(rows.find(({ name }) => name === "PORT")).toMatchObject({
    ...{ value: "4000", source: "FLASK_PORT", default: "5000", secret: false },
  });
});

it("config docs and config example print this package's part of the pages in the repository", async () => {
  const root = join(import.meta.dirname, "../../..");
  const docs = await runCommand(["config", "docs"]);
  expect(readFileSync(join(root, "CONFIGURATION.md"), "utf8")).toContain(docs.out.trimEnd());
  const example = await runCommand(["config", "example"]);
  expect(readFileSync(join(root, ".env.example"), "utf8")).toContain(example.out.trimEnd());
  expect(example.out).toContain("# PORT=5000");
});

it("config migrate converts a Flask-SocketIO environment to Signalbox's, and reports every change", async () => {
  const file = fileWith(
    [
      "# The real-time part",
      "FLASK_HOST=0.0.0.0",
      "export FLASK_PORT='8000' # behind nginx",
      "SECRET_KEY=a-secret-of-the-ancestor-that-is-long-enough",
      "SOCKETIO_ASYNC_MODE=threading",
      "SOCKETIO_PING_TIMEOUT=60000",
      "SOCKETIO_PING_INTERVAL=25",
      "SOCKETIO_LOG_LEVEL=WARNING",
      "SOCKETIO_CORS_ORIGINS=https://app.example.com",
      "SOCKETIO_NO_SUCH=1",
      "DATABASE_URL=mysql://db",
      "",
    ].join("\n"),
  );
  const { code, out, err } = await runCommand(["config", "migrate", "--from", "flask-socketio", file]);
  expect(out.split("\n")).toEqual([
    "# The real-time part",
    "HOST=0.0.0.0",
    "export PORT='8000'",
    "SIGNALBOX_SECRET=a-secret-of-the-ancestor-that-is-long-enough",
    "# SOCKETIO_ASYNC_MODE=threading",
    "SOCKETIO_PING_TIMEOUT=60",
    "SOCKETIO_PING_INTERVAL=25",
    "SOCKETIO_LOG_LEVEL=warn",
    "SOCKETIO_CORS_ORIGINS=https://app.example.com",
    "# SOCKETIO_NO_SUCH=1",
    "DATABASE_URL=mysql://db",
    "",
  ]);
  expect(err).toContain("FLASK_PORT: is PORT now.");
  expect(err).toContain('SOCKETIO_PING_TIMEOUT: SOCKETIO_PING_TIMEOUT was "60000", and is 60 now.');
  expect(err).toContain("SOCKETIO_CORS_ORIGINS: Holds for the WebSocket upgrade as well");
  expect(err).toContain("SOCKETIO_NO_SUCH: is no setting here; the line was left out.");
  expect(err).toContain("0 to be mended.");
  expect(err).not.toContain("a-secret-of-the-ancestor");
  expect(code).toBe(0);
});

it("config migrate reports settings with which the server would not start", async () => {
  const file = fileWith("FLASK_ENV=production\nSECRET_KEY=short\nSOCKETIO_CORS_ORIGINS=*\n");
  const { code, out } = await runCommand(["config", "migrate", "--from", "flask-socketio", "--json", file]);
  const { problems } = JSON.parse(out) as { problems: string[] };
  expect(problems).toContainEqual(expect.stringContaining("SIGNALBOX_SECRET must have at least 32"));
  expect(problems).toContainEqual(expect.stringContaining("SOCKETIO_CORS_ORIGINS is *"));
  expect(code).toBe(1);
});

it("explain-origin prints the verdict, the rule that decides, and what would allow the origin", async () => {
  const env = { HOST: "app.example.com", PORT: "443", NODE_ENV: "production", SIGNALBOX_SECRET: "a".repeat(32) };
  const allowed = await runCommand(["explain-origin", "https://app.example.com"], { env });
  expect(allowed).toMatchObject({ code: 0, out: "https://app.example.com: allowed, derived from HOST and PORT\n" });
  const refused = await runCommand(["explain-origin", "http://app.example.com"], { env });
  expect(refused.out).toContain("http://app.example.com: refused, not in the list");
  expect(refused.out).toContain("set PUBLIC_URL to it");
  expect(refused.code).toBe(1);
  const asJson = await runCommand(["explain-origin", "--json", "http://app.example.com"], { env });
  expect(JSON.parse(asJson.out)).toMatchObject({ allowed: false, allowed_origins: ["https://app.example.com"] });
});

it("a usage error exits with 2 and names the correct usage", async () => {
  expect(await runCommand(["config", "chek"])).toMatchObject({ code: 2, err: expect.stringContaining("check") });
  expect(await runCommand(["doctor", "ftp://x"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("no address"),
  });
  expect(await runCommand(["tail", "http://x", "--lines", "many"])).toMatchObject({ code: 2 });
  expect(await runCommand(["--help"])).toMatchObject({ code: 0, out: expect.stringContaining("explain-origin") });
});

it("prints usage lines that npx runs as they stand, with the scope of the package", async () => {
  expect(await runCommand(["--help"])).toMatchObject({ out: expect.stringContaining("Usage: npx @signalbox/cli ") });
  expect(await runCommand(["config", "check", "--help"])).toMatchObject({
    out: expect.stringContaining("Usage: npx @signalbox/cli config check "),
  });
});
