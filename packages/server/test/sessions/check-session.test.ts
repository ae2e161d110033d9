/** What session sources return and announce is checked once; a fault names the field and the value, and no secret. */
import { describe, expect, it } from "vitest";
import {
  checkChange,
  checkCredential,
  checkSession,
  checkUnwatch,
  SourceFault,
} from "../../src/sessions/check-session.ts";

const session = { ref: "r", userId: "ada", username: "Ada", role: "user", expiresAt: null } as const;

/** The subject and message of the fault; fails where there is none. */
function faultOf(check: () => unknown): { subject: string; message: string } {
  try {
    check();
  } catch (error) {
    if (error instanceof SourceFault) return { subject: error.subject, message: error.message };
    throw error;
  }
  throw new Error("There was no fault.");
}

describe("a session", () => {
  it("is copied with its own fields and no others", () => {
    expect(checkSession({ ...session, password: "x" })).toEqual(session);
    expect(checkSession(session)).not.toBe(session);
  });

  it.each(["session_missing", "session_invalid", "session_expired", "session_revoked"])(
    "may be absent: %s",
    (problem) => expect(checkSession(problem)).toBe(problem),
  );

  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [7, "7"],
    ["nothing", '"nothing"'],
    ["twenty characters!!!", '"twenty characters!!!"'],
    ["twenty-one characters", "a string of 21 characters"],
    [() => {}, "a function"],
  ])("is not %s, which the fault shows as %s", (answer, shown) => {
    const { subject, message } = faultOf(() => checkSession(answer));
    expect(subject).toBe("answer");
    expect(message).toContain("`resolve` of a session source must return a session, or one of session_missing, ");
    expect(message.endsWith(`it returned ${shown}.`)).toBe(true);
  });

  it.each([
    ["ref", "", '""'],
    ["ref", 7, "7"],
    ["userId", "a\0b", '"a\\u0000b"'],
    ["userId", undefined, "undefined"],
    ["userId", "x".repeat(257), "a string of 257 characters"],
    ["username", "", '""'],
    ["username", ["Ada"], "an array"],
    ["username", { first: "Ada" }, "an object"],
    ["role", "root", '"root"'],
    ["role", null, "null"],
    ["expiresAt", undefined, "undefined"],
    ["expiresAt", "2026", '"2026"'],
    ["expiresAt", new Date(0), "an object"],
    ["expiresAt", Promise.resolve(1), "a promise"],
    ["expiresAt", Number.NaN, "NaN"],
    ["expiresAt", 8.64e15 + 1000, "8640000000001000"],
    ["expiresAt", -8.64e15 - 1000, "-8640000000001000"],
  ])("may not have the %s %o", (field, value, shown) => {
    const { subject, message } = faultOf(() => checkSession({ ...session, [field]: value }));
    expect(subject).toBe(field);
    expect(message).toContain(`\`${field}\``);
    expect(message.endsWith(`it returned ${shown}.`)).toBe(true);
  });

  it.each([0, 8.64e15, -8.64e15])("may end at %d", (expiresAt) => {
    expect(checkSession({ ...session, expiresAt })).toEqual({ ...session, expiresAt });
  });

  it("has a name of 200 code points at most, each of them whole", () => {
    const nameOf = (username: string) => (checkSession({ ...session, username }) as { username: string }).username;
    expect(nameOf("x".repeat(200))).toBe("x".repeat(200));
    expect(nameOf("x".repeat(201))).toBe("x".repeat(200));
    expect(nameOf("😀".repeat(300))).toBe("😀".repeat(200));
    expect(nameOf("a\ud83d")).toBe("a\ufffd");
  });
});

describe("a credential", () => {
  it("is copied, or none", () => {
    expect(checkCredential({ kind: "cookie", value: "v", more: 1 })).toEqual({ kind: "cookie", value: "v" });
    expect(checkCredential({ kind: "bearer", value: "" })).toEqual({ kind: "bearer", value: "" });
    expect([checkCredential(undefined), checkCredential(null)]).toEqual([undefined, undefined]);
  });

  it.each([
    ["kind", { kind: "basic", value: "v" }],
    ["kind", "cookie"],
    ["kind", false],
    ["value", { kind: "cookie", value: 7 }],
    ["value", { kind: "bearer" }],
    ["promise", Promise.resolve({ kind: "cookie", value: "v" })],
  ])("that is wrong is refused with the name of its %s", (subject, found) => {
    const fault = faultOf(() => checkCredential(found));
    expect(fault.subject).toBe(subject);
    expect(fault.message).toContain("`credentialOf`");
  });
});

describe("the return value of a session source's watch", () => {
  it("is a function, or none", () => {
    const stop = (): void => {};
    expect(checkUnwatch(stop)).toBe(stop);
    expect(checkUnwatch(undefined)).toBe(undefined);
  });

  it.each([[null], [7], [Promise.resolve(() => {})]])("is not %s", (stop) => {
    expect(faultOf(() => checkUnwatch(stop))).toMatchObject({
      ...{ subject: "watch", message: expect.stringContaining("`watch`") },
    });
  });
});

describe("a change", () => {
  it.each([[{ ref: "r" }], [{ userId: "u" }], [{ ref: "r", userId: "u", reason: "banned" }]])(
    "names its session or user, and a reason: %o",
    (change) => {
      expect(checkChange({ ...change, more: 1 })).toEqual(change);
    },
  );

  it("may have a ref or user id that is null beside the other one", () => {
    expect(checkChange({ ref: null, userId: "u" })).toEqual({ userId: "u" });
    expect(checkChange({ ref: "r", userId: null })).toEqual({ ref: "r" });
  });

  it.each([
    [{}],
    [undefined],
    [null],
    [{ ref: null }],
    [{ ref: 7 }],
    [{ ref: "r", userId: 7 }],
    [{ reason: "banned" }],
  ])("without a valid subject is a fault: %o", (change) =>
    expect(faultOf(() => checkChange(change)).subject).toBe("change"),
  );

  it.each(["tired", 7, null])("for the reason %o is a fault that names the reasons", (reason) => {
    const { subject, message } = faultOf(() => checkChange({ ref: "r", reason }));
    expect(subject).toBe("reason");
    expect(message).toContain("signed_out");
  });
});
