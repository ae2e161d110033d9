import type { Environment } from "./environment.ts";
import type { ClientOptions } from "./options.ts";
import type { Reporter } from "./report.ts";

/** Longest time that the application's `token` may take: it may have to renew a token. */
const tokenMs = 10_000;

/** Characters that a header can contain: RFC 9110 section 5.5, without spaces. */
const sendable = /^[!-~]+$/;

/** The application's `token` failed. The error was already reported to `onProblem`. */
export class TokenUnavailable extends Error {}

interface TokenSourceOptions {
  readonly token: ClientOptions["token"];
  readonly environment: Environment;
  readonly report: Reporter;
}

/**
 * Requests a token from the application. Null, undefined and "" mean that there is none.
 * @returns a function that rejects with TokenUnavailable when `token` throws, rejects, hangs or returns something else
 */
export function createTokenSource({ token, environment, report }: TokenSourceOptions) {
  return async (): Promise<string | undefined> => {
    let cancel = (): void => {};
    const timeOut = new Promise<never>((_resolve, reject) => {
      const error = new Error(`token() did not settle within ${tokenMs} ms.`);
      cancel = environment.after(tokenMs, () => reject(error));
    });
    try {
      const value: unknown = (await Promise.race([token?.(), timeOut])) ?? "";
      if (value === "") return undefined;
      if (typeof value === "string" && sendable.test(value)) return value;
      throw new TypeError(`token() gave a ${typeof value} that is no token: printable ASCII without spaces.`);
    } catch (error) {
      report.report({ kind: "internal", error });
      throw new TokenUnavailable();
    } finally {
      cancel();
    }
  };
}
