import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError, loadConfig } from "../../src/config/load-config.ts";
import { createOriginPolicy } from "../../src/origin/origin-policy.ts";

const secret = "a-secret-of-more-than-thirty-two-characters";
const policyOf = (env: Record<string, string>) => createOriginPolicy(loadConfig(env).config);
const allows = (env: Record<string, string>, origin: string): boolean => policyOf(env).judge(origin).allowed;

describe("origins derived from HOST and PORT", () => {
  it("default to localhost:5000, whose names imply one another", () => {
    for (const origin of ["http://localhost:5000", "https://127.0.0.1:5000", "http://[::1]:5000"]) {
      expect(policyOf({}).judge(origin)).toMatchObject({ allowed: true, rule: "derived from HOST and PORT" });
    }
    expect(allows({ NODE_ENV: "test" }, "http://localhost:5001")).toBe(false);
  });
  it("accept the Flask-SocketIO names of these settings as well", () => {
    expect(allows({ FLASK_HOST: "app.test", FLASK_PORT: "8000" }, "http://app.test:8000")).toBe(true);
  });
  it("leave default ports out, as browsers do", () => {
    const policy = policyOf({ HOST: "app.test", PORT: "443" });
    expect(policy.judge("https://app.test").allowed).toBe(true);
    expect(policy.judge("https://app.test:443").allowed).toBe(false);
    expect(policy.judge("http://app.test:443").allowed).toBe(true);
  });
  it.each(["0.0.0.0", "::"])("read %s as every name of this machine, plus PUBLIC_URL", (HOST) => {
    const policy = policyOf({ HOST, PUBLIC_URL: "https://app.example.com" });
    expect(policy.judge("http://localhost:5000").allowed).toBe(true);
    expect(policy.judge("https://app.example.com")).toMatchObject({ allowed: true, rule: "PUBLIC_URL" });
    expect(policy.judge("http://0.0.0.0:5000").allowed).toBe(false);
  });
  it.each(["LOCALHOST", "127.1", "::1", "[::1]", "0:0:0:0:0:0:0:1", "0:0:0:0:0:0:0:0"])(
    "read %s as loopback, however it is spelt",
    (HOST) => {
      expect(policyOf({ HOST }).allowed).toEqual(policyOf({}).allowed);
    },
  );
  it.each([
    { HOST: "*" },
    { HOST: "my host" },
    { HOST: "app.test/path" },
    { HOST: "name@app.test" },
    { HOST: "app.test:80" },
    { PUBLIC_URL: "https://*:8443" },
    { PUBLIC_URL: "https://*.example.com" },
  ])("are refused at the start where none follows from the setting: %j", (env) => {
    const [[name = "", value] = []] = Object.entries(env);
    const problem = `${name} is "${value}"`;
    expect(loadConfig(env).warnings).toEqual([expect.stringContaining(problem)]);
    expect(() => loadConfig({ ...env, NODE_ENV: "production", SIGNALBOX_SECRET: secret })).toThrow(ConfigError);
    const key = name === "HOST" ? "host" : "publicUrl";
    expect(() => createOriginPolicy({ ...loadConfig({}).config, [key]: value })).toThrow(problem);
  });
  it("allow any port of loopback over http and https in development, and only there", () => {
    const development = policyOf({ NODE_ENV: "development", HOST: "app.test" });
    for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
      for (const port of ["", ":1", ":3000", ":4173", ":4200", ":5174", ":65535"]) {
        for (const scheme of ["http", "https"]) {
          const verdict = development.judge(`${scheme}://${host}${port}`);
          expect(verdict, port).toMatchObject({ allowed: true, rule: "development servers" });
        }
      }
    }
    for (const other of [
      "https://localhost.evil.test:5174",
      "https://localhost:443",
      "http://localhost.evil.test:5174",
      "http://localhost:5174.evil.test",
      "http://localhost:05174",
      "http://localhost:80",
      "http://localhost:65536",
      "http://localhost:5174/",
      "http://localhost:*",
      "http://127.0.0.2:5174",
      "http://LOCALHOST:5174",
      "http://x@localhost:5174",
      "ws://localhost:5174",
    ]) {
      expect(development.judge(other).allowed, other).toBe(false);
    }
    expect(allows({ NODE_ENV: "test" }, "http://localhost:5174")).toBe(false);
    expect(allows({ SOCKETIO_CORS_ORIGINS: "http://app.test" }, "http://localhost:5174")).toBe(false);
    const production = { NODE_ENV: "production", SIGNALBOX_SECRET: secret, HOST: "app.test" };
    expect(allows(production, "http://localhost:5173")).toBe(false);
    expect(allows(production, "http://app.test:5000")).toBe(false);
    expect(allows(production, "https://app.test:5000")).toBe(true);
  });
  it("are https only in production, for loopback too, unless PUBLIC_URL names another", () => {
    const production = { NODE_ENV: "production", SIGNALBOX_SECRET: secret };
    expect(allows(production, "http://localhost:5000")).toBe(false);
    const named = policyOf({ ...production, PUBLIC_URL: "http://localhost:5000" });
    expect(named.judge("http://localhost:5000")).toMatchObject({ allowed: true, rule: "PUBLIC_URL" });
    expect(named.judge("http://127.0.0.1:5000").allowed).toBe(false);
  });
});

describe("SOCKETIO_CORS_ORIGINS", () => {
  const subdomains = { SOCKETIO_CORS_ORIGINS: "https://*.example.com, https://other.test" };

  it("replaces the derived list", () => {
    expect(allows(subdomains, "http://localhost:5000")).toBe(false);
    expect(policyOf(subdomains).judge("https://other.test").rule).toBe("SOCKETIO_CORS_ORIGINS: https://other.test");
  });
  it("with *. stands for subdomains of any depth, on that scheme and port", () => {
    const policy = policyOf(subdomains);
    for (const origin of ["https://a.example.com", "https://a.b.example.com"]) {
      expect(policy.judge(origin)).toMatchObject({
        allowed: true,
        rule: "SOCKETIO_CORS_ORIGINS: https://*.example.com",
      });
    }
    for (const origin of [
      "https://example.com",
      "https://xexample.com",
      "https://.example.com",
      "http://a.example.com",
      "http://abc.example.com",
      "https://a.example.com:8443",
      "https://a.example.com.evil.test",
      "https://evil.test/.example.com",
      "https://evil.test#.example.com",
      "https://user@a.example.com",
      "https://-.example.com",
    ]) {
      expect(policy.judge(origin).allowed, origin).toBe(false);
    }
  });
  it("with *. matches only what a browser treats as a subdomain, and no imitation of one", () => {
    const policy = policyOf(subdomains);
    const text = fc.string({ unit: "grapheme", maxLength: 12 });
    const trick = fc.constantFrom("", "a", ".", "-", "a.", "evil.test", "@", "#", "?", "/", ":443", "\\", "%2e");
    const around = fc.oneof(text, trick);
    fc.assert(
      fc.property(around, around, around, (before, between, after) => {
        const origin = `https://${before}${between}example.com${after}`;
        if (!policy.judge(origin).allowed) return;
        const url = new URL(origin);
        expect([url.origin, url.port]).toEqual([origin, ""]);
        expect(url.hostname).toMatch(/[^.]\.example\.com$/);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.domain(), (labels) => {
        expect(policy.judge(`https://${labels}.example.com`).allowed).toBe(true);
      }),
    );
  });
  it.each(["https://*:5000", "https://*", "https://*com", "https://app.*.com", "https://*.*.com", "*.example.com"])(
    "takes * for subdomains and for everything only, not %s",
    (origin) => {
      const production = { NODE_ENV: "production", SIGNALBOX_SECRET: secret, SOCKETIO_CORS_ORIGINS: origin };
      expect(() => policyOf(production)).toThrow(JSON.stringify(origin));
    },
  );
  it("is the setting that the hint of a refusal names, and the only one that would help", () => {
    const { hint } = policyOf(subdomains).judge("https://evil.test");
    expect(hint).toContain("https://*.example.com, https://other.test");
    expect(hint).toContain("SOCKETIO_CORS_ORIGINS");
    expect(hint).not.toContain("PUBLIC_URL");
  });
  it("allows null only by name: not by *", () => {
    expect(allows({ SOCKETIO_CORS_ORIGINS: "*" }, "https://any.test")).toBe(true);
    for (const none of ["null", "*", "", "any.test", "https://any.test/"]) {
      expect(allows({ SOCKETIO_CORS_ORIGINS: "*" }, none), none).toBe(false);
    }
    expect(allows({ SOCKETIO_CORS_ORIGINS: "null" }, "null")).toBe(true);
  });
  it.each([
    "capacitor://localhost",
    "ionic://localhost",
    "tauri://localhost",
    "app://.",
    "app://obsidian.md",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://0a6b7a3a-6c3c-4f43-9a4b-0d5c1f3f6f0a",
    "safari-web-extension://0A6B7A3A-6C3C-4F43-9A4B-0D5C1F3F6F0A",
    "vscode-webview://1abc",
  ])("may name an app shell or extension, %s, and no other passes with it", (origin) => {
    const production = { NODE_ENV: "production", SIGNALBOX_SECRET: secret };
    expect(policyOf({ ...production, SOCKETIO_CORS_ORIGINS: origin }).judge(origin)).toMatchObject({
      allowed: true,
      rule: `SOCKETIO_CORS_ORIGINS: ${origin}`,
    });
    for (const other of [`${origin}x`, `x${origin}`, `${origin}/`, origin.replace("://", "://x.")]) {
      expect(allows({ ...production, SOCKETIO_CORS_ORIGINS: origin }, other), other).toBe(false);
    }
    expect(allows({ SOCKETIO_CORS_ORIGINS: "*" }, origin)).toBe(true);
    expect(allows({}, origin)).toBe(false);
    expect(policyOf({}).judge(origin).hint).toContain("SOCKETIO_CORS_ORIGINS");
  });
  it.each([
    "file://",
    "file://localhost",
    "data://x",
    "blob://x",
    "javascript://x",
    "about://blank",
    "capacitor:localhost",
    "capacitor://",
    "capacitor://*",
    "capacitor://*.localhost",
    "capacitor://localhost/",
    "Capacitor://localhost",
    "chrome-extension://a b",
    "chrome-extension://a@b",
    "https://APP.test",
  ])("may not name %s, which no browser sends", (origin) => {
    const production = { NODE_ENV: "production", SIGNALBOX_SECRET: secret, SOCKETIO_CORS_ORIGINS: origin };
    expect(() => policyOf(production)).toThrow("capacitor://localhost");
    expect(allows({ SOCKETIO_CORS_ORIGINS: "*" }, origin)).toBe(false);
  });
  it("as * with credentials is refused in production", () => {
    const production = { NODE_ENV: "production", SIGNALBOX_SECRET: secret, SOCKETIO_CORS_ORIGINS: "*" };
    expect(() => policyOf(production)).toThrow("every site could act as the visitor");
    expect(allows({ ...production, SOCKETIO_CORS_CREDENTIALS: "false" }, "https://any.test")).toBe(true);
  });
});

describe("what is nearly an allowed origin is not one", () => {
  it.each([
    "https://app.test",
    "http://app.test",
    "http://app.test:5001",
    "http://APP.test:5000",
    "http://app.test.:5000",
    "http://app.test:05000",
    "http://app.test:5000/",
    "http://app.test:5000, http://evil.test",
    "http://аpp.test:5000",
    " http://app.test:5000",
    "http://app.test:5000\u0000",
    "null",
    "",
    "x".repeat(60_000),
  ])("%j", (origin) => {
    const verdict = policyOf({ HOST: "app.test" }).judge(origin);
    expect(verdict).toMatchObject({ allowed: false, rule: "not in the list" });
    expect(verdict.hint).toContain("SOCKETIO_CORS_ORIGINS");
    expect(verdict.hint).toContain("http://app.test:5000");
  });

  it("nor is anything else that is not in the list, however little it differs", () => {
    const listed = "http://app.test:5000, https://app.test, capacitor://localhost, chrome-extension://abcdef";
    const policy = policyOf({ SOCKETIO_CORS_ORIGINS: listed });
    const edited = fc
      .tuple(fc.constantFrom(...policy.allowed), fc.nat(), fc.string({ unit: "grapheme", maxLength: 3 }), fc.nat(3))
      .map(([origin, at, inserted, dropped]) => {
        const start = at % (origin.length + 1);
        return origin.slice(0, start) + inserted + origin.slice(start + dropped);
      });
    fc.assert(
      fc.property(fc.oneof(edited, fc.webUrl(), fc.string()), (origin) => {
        expect(policy.judge(origin).allowed).toBe(policy.allowed.includes(origin));
      }),
      { numRuns: 2000 },
    );
  });

  it("and a very long one is cut in the report", () => {
    const { origin, hint } = policyOf({}).judge("x".repeat(60_000));
    expect(origin?.length).toBe(300);
    expect(hint?.length).toBeLessThan(2000);
  });
});
