import type { Environment } from "./environment.ts";
import type { Problem } from "./report.ts";

/** What `createClients` may be given; a browser needs none of it. */
export interface ClientOptions {
  /**
   * The server's address: scheme, host and port, and the path under which a proxy serves it, such as
   * `https://example.com/app`. Default: the page's own, without a path; in Node it must be given.
   */
  url?: string;
  /** A bearer token, asked for at every attempt, where no cookie is sent. */
  token?: () => string | Promise<string>;
  /** Node only: sent with every request, such as `origin` and `cookie`. A browser sends its own. */
  headers?: Record<string, string>;
  /** Whether the tabs of a browser share one connection. Default: true; never with `token`, which is a tab's own. */
  share?: boolean;
  /** What the server is told of the application. */
  client?: { name: string; version: string };
  /** Told of what no caller waits for: a listener that threw, a malformed message. */
  onProblem?: (problem: Problem) => void;
  /** Time, dice and fetch, for tests. */
  environment?: Environment;
}

const types: { readonly [Name in keyof Required<ClientOptions>]: string } = {
  url: "string",
  token: "function",
  headers: "object",
  share: "boolean",
  client: "object",
  onProblem: "function",
  environment: "object",
};

/** @throws TypeError for an unknown or wrong option, saying which and why */
export function checkOptions(options: ClientOptions): { base: string; share: boolean } {
  for (const [name, value] of Object.entries(options)) {
    const type = new Map(Object.entries(types)).get(name);
    if (type === undefined) fail(`has no option "${name}". Known are ${Object.keys(types).join(", ")}.`);
    if (value !== undefined && typeof value !== type)
      fail(`got a ${typeof value} as ${name}, which must be of type ${type}.`);
  }
  const address = options.url ?? globalThis.location?.origin;
  if (address === undefined) fail("got no url, and there is no page to take it from.");
  const url = URL.parse(address);
  if (!/^https?:$/.test(url?.protocol ?? "")) fail(`got url "${address}", which is no http or https address.`);
  return { base: `${url}`, share: (options.share ?? true) && options.token === undefined };
}

function fail(problem: string): never {
  throw new TypeError(`createClients ${problem}`);
}
