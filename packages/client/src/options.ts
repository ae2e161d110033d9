import type { Environment } from "./environment.ts";
import type { Problem } from "./report.ts";

/** Options of `createClients`. A browser needs none of them. */
export interface ClientOptions {
  /**
   * The server's address: scheme, host and port, and the path under which a proxy serves it, such as
   * `https://example.com/app`. Default: the page's own, without a path. In Node it must be set before the first use:
   * clients created without it, as when a page is rendered on a server, stay idle.
   */
  url?: string;
  /**
   * Returns a bearer token, for use where no cookie is sent. It is called on every attempt. Null, undefined and "" mean
   * that there is none. When it throws, rejects or takes over 10 s, the client retries with backoff, as
   * `token_unavailable`.
   */
  token?: () => string | null | undefined | Promise<string | null | undefined>;
  /**
   * Node only: sent with every request, such as `origin` and `cookie`; names are case-insensitive. A browser sends its
   * own.
   */
  headers?: Record<string, string>;
  /**
   * Whether the tabs of a browser share one connection. Default: true; never with `token`, which belongs to one tab.
   */
  share?: boolean;
  /** Identifies the application to the server. */
  client?: { name: string; version: string };
  /** Called for problems that no caller waits for: a listener that threw, a malformed message. */
  onProblem?: (problem: Problem) => void;
  /** Time, randomness and fetch, for tests. */
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
 * @returns `base` undefined where neither an option nor a page provides an address
 * @throws TypeError for an unknown or invalid option, naming the option and the reason
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
