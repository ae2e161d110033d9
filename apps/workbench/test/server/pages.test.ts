import { connect } from "node:net";
import { rawRequest, sendRaw } from "@signalbox/server/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Person, productionSettings, type RunningWorkbench, runWorkbench, signUp } from "../fixture.ts";

let workbench: RunningWorkbench;
let ada: Person;
let port: number;

beforeAll(async () => {
  workbench = await runWorkbench();
  ada = await signUp(workbench.url);
  port = Number(workbench.environment.PORT);
});
afterAll(() => workbench?.remove());

const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(workbench.url + path, init);

/** The directives of a policy, each with its sources. */
const policyOf = (response: Response): ReadonlyMap<string, string> =>
  new Map(
    (response.headers.get("content-security-policy") ?? "").split("; ").map((directive) => {
      const [name = "", ...sources] = directive.split(" ");
      return [name, sources.join(" ")];
    }),
  );

describe("every answer", () => {
  const answers = (): Promise<Response>[] => [
    get("/"),
    get("/tasks/some-task"),
    get("/favicon.svg"),
    get("/api/tasks"),
    get("/api/nothing"),
    get("/api/auth/get-session"),
    get("/api/tasks", { method: "POST", body: "{" }),
    get("/%E0%A4%A"),
    get(`/api/tasks/${"x".repeat(500)}`),
    ada.fetch("/api/tasks"),
    ada.post("/api/tasks", {}),
  ];

  it("forbids inline scripts and styles, everything from elsewhere, and frames around it", async () => {
    for (const response of await Promise.all(answers())) {
      const policy = policyOf(response);
      expect(policy.get("default-src"), response.url).toBe("'none'");
      expect(policy.get("script-src")).toBe("'self'");
      expect(policy.get("style-src")).toBe("'self'");
      expect(policy.get("connect-src")).toBe("'self'");
      expect(policy.get("frame-ancestors")).toBe("'none'");
      expect(policy.get("base-uri")).toBe("'none'");
      expect(policy.get("form-action")).toBe("'self'");
      expect([...policy.values()].join(" ")).not.toMatch(/unsafe|\*|https?:/);
    }
  });

  it("is taken for what it says it is, tells no other site where it came from, and is read by none", async () => {
    for (const response of await Promise.all(answers())) {
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
      });
      expect(response.headers.has("access-control-allow-origin")).toBe(false);
      expect(response.headers.has("x-powered-by")).toBe(false);
    }
  });

  it("demands https where the workbench is reached over https, and only there", async () => {
    const settings = await productionSettings();
    const secure = await runWorkbench({ ...settings, PUBLIC_URL: "https://workbench.example" });
    onTestFinished(() => secure.remove());
    const [over, plain] = [await fetch(`http://127.0.0.1:${settings.PORT}/`), await get("/")];
    expect(over.headers.get("strict-transport-security")).toBe("max-age=31536000; includeSubDomains");
    expect(plain.headers.has("strict-transport-security")).toBe(false);
    const cookies = await fetch(`http://127.0.0.1:${settings.PORT}/api/auth/sign-up/email`, {
      method: "POST",
      headers: { origin: "https://workbench.example", "content-type": "application/json" },
      body: JSON.stringify({ name: "Ada", email: "ada@example.com", password: "correct horse" }),
    });
    const [session, ...others] = cookies.headers.getSetCookie();
    expect(session).toMatch(/^__Secure-/);
    for (const cookie of [session, ...others]) expect(cookie).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
  });
});

describe("the page", () => {
  it("answers at every address that is no file and no API, fresh each time", async () => {
    const page = await (await get("/")).text();
    expect(page).toMatch(/<!doctype html>/i);
    for (const path of [
      "/sign-in",
      "/tasks/123",
      "/admin?tab=1",
      "/apiary",
      "/realtimes",
      "/%2e%2e/%2e%2e/etc/passwd",
    ]) {
      const response = await get(path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get("content-type")).toMatch(/^text\/html/);
      expect(response.headers.get("cache-control")).toBe("no-cache");
      expect(await response.text()).toBe(page);
    }
    expect((await get("/sign-in", { method: "HEAD" })).status).toBe(200);
  });

  it("has no script, style or handler inline, and loads assets that are kept for good", async () => {
    const page = await (await get("/")).text();
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son\w+=|"javascript:/i);
    const assets = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");
    expect(assets.length).toBeGreaterThanOrEqual(2);
    for (const path of assets) {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toMatch(/^(application\/javascript|text\/css);/);
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    }
  });

  it("is not what a missing asset, a wrong method or a path out of its folder get", async () => {
    expect((await get("/assets/missing.js")).status).toBe(404);
    expect((await get("/sign-in", { method: "POST" })).status).toBe(404);
    for (const target of ["/../server/main.ts", "/assets/../../server/main.ts", "/assets/..%2f..%2fserver/main.ts"]) {
      const { body } = await sendRaw(port, rawRequest("GET", target));
      expect(body).not.toContain("startWorkbench");
    }
  });
});

describe("an unknown address of an API answers with JSON, never with the page:", () => {
  it("404, whatever the method, signed in or not", async () => {
    for (const path of ["/api", "/api/", "/api/nothing", "/api/tasks/1/nothing", "/realtime/nothing", "/socket.io/x"]) {
      for (const init of [{}, { method: "POST" }, { method: "DELETE" }, { headers: { cookie: ada.cookie } }]) {
        const response = await get(path, init);
        expect([path, response.status]).toEqual([path, 404]);
        expect(await response.json()).toEqual({
          error: { code: "not_found", category: "request", message: "Nothing is found at this address." },
        });
      }
    }
  });

  it("400 for one that cannot be read, 404 for one that is too long", async () => {
    const answers = [await get("/api/%E0%A4%A"), await get(`/api/tasks/${"x".repeat(500)}`)];
    expect(answers.map(({ status }) => status)).toEqual([400, 404]);
    const codes = await Promise.all(answers.map(async (each) => (await each.json()).error.code));
    expect(codes).toEqual(["payload_invalid", "not_found"]);
  });
});

describe("a request that is no HTTP", () => {
  it("is answered with 400 and a closed connection, and the server goes on", async () => {
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      const client = connect(port, "127.0.0.1", () => client.write("nonsense\r\n\r\n"));
      client.on("data", (chunk) => {
        text += chunk;
      });
      client.on("error", () => {});
      client.on("close", () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect((await get("/")).status).toBe(200);
  });
});
