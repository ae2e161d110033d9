import type { IncomingMessage } from "node:http";
import { isIP, SocketAddress } from "node:net";
import proxyAddr from "proxy-addr";

/** Names of networks that TRUST_PROXY knows. */
const networkNames = ["loopback", "linklocal", "uniquelocal"];

/**
 * Reads the client's address, in its shortest form. X-Forwarded-For is believed only as far as the chain of trusted
 * proxies reaches: what a client writes into it itself lies beyond. An entry that is no address counts as the peer's.
 * @param trusted - addresses, networks, or the names of TRUST_PROXY
 * @returns the address, or `unknown` when the connection is gone already
 * @throws TypeError naming TRUST_PROXY for an address that cannot be read
 */
export function createClientAddress(trusted: readonly string[]): (req: IncomingMessage) => string {
  const trust = compile(trusted);
  return (req) => {
    const peer = req.socket.remoteAddress;
    if (peer === undefined) return "unknown";
    const client = proxyAddr(req, trust);
    return shortest(isIP(client) === 0 ? peer : client);
  };
}

function compile(trusted: readonly string[]): (address: string, index: number) => boolean {
  try {
    // `1`, the number of proxies elsewhere, would be taken for the address 0.0.0.1, and no proxy believed.
    for (const each of trusted) {
      if (isIP(each.split("/", 1)[0] ?? "") === 0 && !networkNames.includes(each)) {
        throw new TypeError(`invalid IP address: ${each}`);
      }
    }
    return proxyAddr.compile([...trusted]);
  } catch (error) {
    throw new TypeError(
      `TRUST_PROXY: ${(error as Error).message}. Give addresses, networks such as 10.0.0.0/8, or ${networkNames.join(", ")}.`,
    );
  }
}

/**
 * One client, one address: IPv6 as RFC 5952 writes it, without a zone, and `::ffff:192.0.2.1` as 192.0.2.1
 * (RFC 4291 section 2.5.5.2).
 */
function shortest(address: string): string {
  if (isIP(address) === 4) return address;
  return new SocketAddress({ address, family: "ipv6" }).address.replace(/^::ffff:(?=\d+\.)/, "");
}

/**
 * What limits are kept for: an IPv4 address, or the /64 network of an IPv6 address, which is what one customer gets
 * (RFC 6177) and may draw addresses from at will.
 */
export function addressBucket(address: string): string {
  const short = isIP(address) === 6 ? shortest(address) : address;
  if (!short.includes(":")) return short;
  const [head = [], tail = []] = short.split("::", 2).map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = Array<string>(8 - head.length - tail.length).fill("0");
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(":")}::/64`;
}
