import { isIP } from "node:net";
import proxyAddr from "proxy-addr";
import { quote } from "./parse-value.ts";

/** Names of networks that TRUST_PROXY accepts. */
const networkNames = ["loopback", "linklocal", "uniquelocal"];

/** Whether the peer at `index` of the chain is a trusted proxy. Index 0 is the peer of the connection. */
export type ProxyTrust = (address: string, index: number) => boolean;

/** The entries of TRUST_PROXY that cannot be read, in one sentence. */
export function proxyProblem(trusted: readonly string[]): string | undefined {
  const unreadable = trusted.filter((each) => !isReadable(each));
  if (unreadable.length === 0) return undefined;
  return `TRUST_PROXY has ${unreadable.map(quote).join(", ")}; give addresses, networks such as 10.0.0.0/8, or ${networkNames.join(", ")}.`;
}

/** @throws TypeError naming TRUST_PROXY when it cannot be read */
export function trustProxies(trusted: readonly string[]): ProxyTrust {
  const problem = proxyProblem(trusted);
  if (problem !== undefined) throw new TypeError(problem);
  return proxyAddr.compile([...trusted]);
}

/**
 * Whether an entry is an address, a network or a network name. Rejects `1`, which other software reads as the number of
 * proxies: it would mean the address 0.0.0.1, and no proxy would be trusted.
 */
function isReadable(text: string): boolean {
  if (networkNames.includes(text)) return true;
  if (isIP(text.split("/", 1)[0] ?? "") === 0) return false;
  try {
    proxyAddr.compile([text]);
    return true;
  } catch {
    return false;
  }
}
