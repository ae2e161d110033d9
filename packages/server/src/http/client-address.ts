import type { IncomingMessage } from "node:http";
import { isIP, SocketAddress } from "node:net";
import type { ProxyTrust } from "../config/trusted-proxies.ts";

/** The address of a request without a connection: it was closed, or never existed, as for a web request. */
export const unknownAddress = "unknown";

/**
 * Reads the client's address, in its shortest form. X-Forwarded-For is trusted only as far as the chain of trusted
 * proxies reaches: entries that a client adds itself lie beyond it. Drops ports, which some proxies add. If an entry is
 * not an address, the peer's address is used.
 * @returns the address, or `unknown` when the connection was closed before the first call
 */
export function createClientAddress(isTrusted: ProxyTrust): (req: IncomingMessage) => string {
  return (req) => {
    const peer = req.socket.remoteAddress;
    if (peer === undefined) return unknownAddress;
    let client = peer;
    for (const [index, next] of forwardedFor(req).entries()) {
      if (!isTrusted(client, index)) break;
      if (isIP(next) === 0) return shortest(peer);
      client = next;
    }
    return shortest(client);
  };
}

/** The entries of X-Forwarded-For from the nearest to the farthest, without ports. */
function forwardedFor({ headers }: IncomingMessage): string[] {
  // Node joins several headers of this name with commas, but its types also allow a list.
  const entries = String(headers["x-forwarded-for"] ?? "").split(",");
  return entries
    .map((entry) => withoutPort(entry.trim()))
    .filter((entry) => entry !== "")
    .reverse();
}

/** `203.0.113.7:5123`, `[2001:db8::1]:443` and `[2001:db8::1]` name an address, also in quotes (RFC 7239 section 6). */
function withoutPort(entry: string): string {
  const text = /^"(.*)"$/.exec(entry)?.[1] ?? entry;
  const [, bracketed, dotted] = /^(?:\[([\da-f:.]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/i.exec(text) ?? [];
  return bracketed ?? dotted ?? text;
}

/**
 * Normalises an address, so that one client has one address: IPv6 in the form of RFC 5952, without a zone, and
 * `::ffff:192.0.2.1` as 192.0.2.1 (RFC 4291 section 2.5.5.2).
 */
function shortest(address: string): string {
  if (isIP(address) === 4) return address;
  return new SocketAddress({ address, family: "ipv6" }).address.replace(/^::ffff:(?=\d+\.)/, "");
}

/**
 * The key of limits: an IPv4 address, or the /64 network of an IPv6 address. One customer gets a whole /64 (RFC 6177),
 * and can choose addresses from it at will.
 */
export function addressBucket(address: string): string {
  if (!address.includes(":")) return address;
  const short = isIP(address) === 6 ? shortest(address) : address;
  if (!short.includes(":")) return short;
  const [head = [], tail = []] = short.split("::", 2).map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = Array<string>(8 - head.length - tail.length).fill("0");
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(":")}::/64`;
}
