/** Texts in requests: their limits, and what a database cannot keep. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startPostgres } from "../../../../scripts/services/postgres.ts";
import { type Person, type RunningWorkbench, runWorkbench, signUp } from "../fixture.ts";

// A workbench is started; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describe.each(["SQLite", "PostgreSQL"])("a route on %s", (database) => {
  let workbench: RunningWorkbench;
  let ada: Person;
  beforeAll(async () => {
    const postgres = database === "PostgreSQL" ? await startPostgres() : undefined;
    workbench = await runWorkbench(postgres && { DATABASE_URL: postgres.url });
    ada = await signUp(workbench.url);
    return () => postgres?.stop();
  });
  afterAll(() => workbench?.remove());

  async function expectRefusal(answer: Promise<Response>, code: string): Promise<void> {
    const response = await answer;
    expect([response.status, await response.json()]).toMatchObject([400, { code, message: expect.any(String) }]);
  }
  const enter = (account: object): Promise<Response> =>
    ada.post("/api/auth/sign-up/email", { email: "eve@example.com", password: "correct horse", ...account });
  const rename = (name: string): Promise<Response> => ada.post("/api/auth/update-user", { name });
  const nameOf = async ({ fetch }: Person): Promise<string> =>
    (await (await fetch("/api/auth/get-session")).json()).user.name;

  it("takes a name of 100 characters, counted in code points, and refuses a longer one", async () => {
    expect((await rename("🦊".repeat(100))).status).toBe(200);
    expect(await nameOf(ada)).toBe("🦊".repeat(100));
    await expectRefusal(rename("🦊".repeat(101)), "NAME_TOO_LONG");
    await expectRefusal(enter({ name: "x".repeat(10_000) }), "NAME_TOO_LONG");
  });

  it("refuses an address, an image or a field name that is too long", async () => {
    await expectRefusal(enter({ name: "Eve", email: `${"x".repeat(300)}@example.com` }), "EMAIL_TOO_LONG");
    await expectRefusal(enter({ name: "Eve", image: "x".repeat(2049) }), "TEXT_TOO_LONG");
    await expectRefusal(enter({ name: "Eve", ["x".repeat(2049)]: 1 }), "TEXT_TOO_LONG");
  });

  it("refuses NUL, control characters in a name and half a surrogate pair, wherever they are", async () => {
    for (const name of ["a\0b", "a\x1b[31m", "\ud83e", "a\nb"]) {
      await expectRefusal(rename(name), "TEXT_INVALID");
      await expectRefusal(enter({ name }), "TEXT_INVALID");
    }
    await expectRefusal(enter({ name: "Eve", password: "correct\0horse" }), "TEXT_INVALID");
    await expectRefusal(enter({ name: "Eve", email: "eve\0@example.com" }), "TEXT_INVALID");
    await expectRefusal(enter({ name: "Eve", "a\0b": 1 }), "TEXT_INVALID");
    await expectRefusal(enter({ name: "Eve", a: [[[[[[[["deep"]]]]]]]] }), "TEXT_INVALID");
    await expectRefusal(ada.fetch("/api/auth/admin/list-users?searchValue=a%00b"), "TEXT_INVALID");
  });

  it("refuses a body of more than 16 KB with 413 before it is looked at", async () => {
    const answer = await rename("x".repeat(900_000));
    expect([answer.status, await answer.json()]).toMatchObject([413, { error: { code: "payload_too_large" } }]);
  });

  it("of tasks answers an id that cannot be one with 404, and what is no text with 400", async () => {
    const statusOf = async (id: string, path: string): Promise<number> =>
      (await ada.fetch(`/api/tasks/${id}${path}`)).status;
    for (const path of ["", "/results", "/results.zip", "/results/000.avif"]) {
      for (const id of ["a%00b", "%00", "a%0Ab", "a%2Fb", "'"])
        expect([id, await statusOf(id, path)]).toEqual([id, 404]);
      for (const id of ["a%ED%A0%80b", "%FF"]) expect([id, await statusOf(id, path)]).toEqual([id, 400]);
      expect(await statusOf("x".repeat(65), path)).toBe(404);
    }
    expect((await ada.post("/api/tasks/a%00b/cancel", {})).status).toBe(404);
  });
});
