import type { ClientOptions } from "@signalbox/client";
import { UsageError } from "./exit-codes.ts";
import type { Environment } from "./read-environment.ts";
import { version } from "./version.ts";

/** The identity with which a command connects. */
export interface Credentials {
  readonly cookie: string | undefined;
  readonly token: string | undefined;
}

export interface CredentialOptions {
  cookie?: string;
  token?: string;
  origin?: string;
}

/**
 * Credentials from the options, or from SIGNALBOX_COOKIE and SIGNALBOX_TOKEN: every user of a machine can see the
 * arguments of a command.
 */
export const credentialsOf = ({ cookie, token }: CredentialOptions, environment: Environment): Credentials => ({
  cookie: cookie ?? (environment.SIGNALBOX_COOKIE || undefined),
  token: token ?? (environment.SIGNALBOX_TOKEN || undefined),
});

/**
 * Parses the address of a server into the form that `createClients` takes.
 * @throws UsageError when it is not a valid address
 */
export function parseAddress(address: string): URL {
  const url = URL.parse(address.includes("://") ? address : `http://${address}`);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `"${address}" is no address: give scheme, host, port and path, such as https://example.com/app.`,
    );
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  url.search = url.hash = "";
  return url;
}

/** The client's options in a terminal: it sends an origin, as a page of the server itself would. */
export function clientOptions(url: URL, options: CredentialOptions, environment: Environment): ClientOptions {
  const { cookie, token } = credentialsOf(options, environment);
  return {
    url: url.href,
    headers: { origin: options.origin ?? url.origin, ...(cookie !== undefined && { cookie }) },
    ...(token !== undefined && { token: () => token }),
    client: { name: "signalbox-cli", version },
    onProblem: () => {},
  };
}
