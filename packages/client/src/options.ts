import type { Environment } from "./environment.ts";
import type { Problem } from "./report.ts";

/** What `createClients` may be given; a browser needs none of it. */
export interface ClientOptions {
  /**
   * The server's address: scheme, host and port, and the path under which a proxy serves it, such as
   * `https://example.com/app`. Default: the page's own, without a path. In Node it must be given before anything is asked
   * for: clients made without it, as when a page is rendered on a server, stay idle.
   */
  url?: string;
  /**
   * A bearer token, asked for at every attempt, where no cookie is sent. Null, undefined and "" mean that there is none.
   * One that throws, rejects or takes over 10 s is asked again, with backoff, as `token_unavailable`.
   */
  token?: () => string | null | undefined | Promise<string | null | undefined>;
  /** Node only: sent with every request, such as `origin` and `cookie`, in any case. A browser sends its own. */
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

/**
 * @returns `base` undefined where neither an option nor a page gives an address
 * @throws TypeError for an unknown or wrong option, saying which and why
 */
export function checkOptions(options: ClientOptions): { base: string | undefined; share: boolean } {
  for (const [name, value] of Object.entries(options)) {
    const type = new Map(Object.entries(types)).get(name);
    if (type === undefined) fail(`has no option "${name}". Known are ${Object.keys(types).join(", ")}.`);
    if (value !== undefined && typeof value !== type)
      fail(`got a ${typeof value} as ${name}, which must be of type ${type}.`);
  }
  const address = options.url ?? globalThis.location?.origin;
  const share = (options.share ?? true) && options.token === undefined;
  if (address === undefined) return { base: undefined, share };
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!/^https?:$/.test(url?.protocol ?? "")) fail(`got url "${address}", which is no http or https address.`);
  return { base: `${url}`, share };
}

/** @throws TypeError */
export function requireAddress(base: string | undefined): void {
  if (base === undefined)
    fail("got no url, and there is no page to take it from: use the clients in the browser only.");
}

function fail(problem: string): never {
  throw new TypeError(`createClients ${problem}`);
}
