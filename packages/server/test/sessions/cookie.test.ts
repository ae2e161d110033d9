/** Hostile cases, B and T14: what a Cookie header may do to the session sources that read it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCookie, readCookie } from "../../src/sessions/sources/cookie.ts";

const read = (cookie: string | undefined) => readCookie(cookie === undefined ? {} : { cookie }, "sid");

describe("readCookie", () => {
  it("finds a cookie by its whole name, wherever it stands", () => {
    expect(read("sid=1")).toBe("1");
    expect(read("a=2; sid=1; b=3")).toBe("1");
    expect(read("a=2;sid=1")).toBe("1");
    expect(read("sid=a=b==")).toBe("a=b==");
    expect(read("xsid=1; sidx=2; SID=3; a=sid=4")).toBeUndefined();
  });

  it("finds none where there is none", () => {
    for (const header of [undefined, "", ";", "=", "sid", "; ; ="]) expect(read(header)).toBeUndefined();
  });

  it("refuses to choose between two cookies of one name", () => {
    expect(read("sid=1; sid=2")).toBe("");
    expect(read("sid=1; other=3; sid=1")).toBe("");
  });

  it("refuses what is longer than any browser's cookie", () => {
    expect(read(`sid=${"x".repeat(4096)}`)).toHaveLength(4096);
    expect(read(`sid=${"x".repeat(4097)}`)).toBe("");
    expect(read(`sid=${"x".repeat(10_240)}`)).toBe("");
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), (header) => ["string", "undefined"].includes(typeof read(header))));
  });
});

describe("decodeCookie", () => {
  it("answers undefined to broken percent-encoding", () => {
    expect(decodeCookie("s%3Aid")).toBe("s:id");
    for (const broken of ["%", "%E0%A4%A", "%zz", "a%"]) expect(decodeCookie(broken)).toBeUndefined();
  });
});
