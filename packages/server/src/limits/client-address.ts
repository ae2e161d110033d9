import type { IncomingMessage } from "node:http";
import proxyAddr from "proxy-addr";

/**
 * Reads the client's address. X-Forwarded-For is believed only as far as the chain of trusted proxies reaches: what a
 * client writes into it itself lies beyond.
 * @param trusted - addresses, networks, or the names of TRUST_PROXY
 * @throws TypeError naming TRUST_PROXY for an address that cannot be read
 */
export function createClientAddress(trusted: readonly string[]): (req: IncomingMessage) => string {
  const trust = compile(trusted);
  return (req) => {
    if (req.socket.remoteAddress === undefined) return "unknown";
    return unmap(proxyAddr(req, trust));
  };
}

function compile(trusted: readonly string[]): (address: string, index: number) => boolean {
  try {
    return proxyAddr.compile([...trusted]);
  } catch (error) {
    throw new TypeError(
      `TRUST_PROXY: ${(error as Error).message}. Give addresses, networks such as 10.0.0.0/8, or loopback.`,
    );
  }
}

/** `::ffff:192.0.2.1` is 192.0.2.1 (RFC 4291 section 2.5.5.2): one client, one address. */
const unmap = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");

/**
 * What limits are kept for: an IPv4 address, or the /64 network of an IPv6 address, which is what one customer gets
 * (RFC 6177) and may draw addresses from at will.
 */
export function addressBucket(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("%", 1)[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
  const full = [...groups, ...Array<string>(Math.max(0, missing)).fill("0"), ...(tail ? tail.split(":") : [])];
  return `${full
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
