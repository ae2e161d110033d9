import { describe, expect, test } from "vitest";
import { failureOf } from "../../browser/src/http.ts";

describe("a failed request has a code and a sentence", () => {
  test("as this application answers", () => {
    const failure = failureOf(404, '{"error":{"code":"task_not_found","message":"This task does not exist."}}');
    expect(failure).toMatchObject({ code: "task_not_found", status: 404, message: "This task does not exist." });
  });

  test("as Better Auth answers", () => {
    const failure = failureOf(422, '{"code":"PASSWORD_TOO_SHORT","message":"Password too short"}');
    expect(failure).toMatchObject({ code: "PASSWORD_TOO_SHORT", message: "Password too short" });
  });

  test.each(["<h1>Bad Gateway</h1>", "", "null", "[]", '{"error":null}'])(
    "when something in between answers %j",
    (text) => {
      expect(failureOf(502, text)).toMatchObject({
        code: "unknown",
        message: "The server answered with an error (502).",
      });
    },
  );

  test("when nothing answers at all", () => {
    expect(failureOf(0, "")).toMatchObject({ code: "unreachable", status: 0 });
  });
});
