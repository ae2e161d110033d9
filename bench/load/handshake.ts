import { cookieName, origin, sessionOf } from "../peers/users.ts";

/**
 * What a browser sends along. The same bytes go to every peer: a server that keeps requests keeps as much as in life,
 * and one that ignores the session is not spared reading it.
 */
const browserHeaders = [
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
  "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Pragma: no-cache",
  "Cache-Control: no-cache",
];

const headersOf = (user: number): string[] => [
  `Origin: ${origin}`,
  `Cookie: ${cookieName}=${sessionOf(user)}; theme=dark; locale=en-GB`,
  ...browserHeaders,
];

/** A WebSocket upgrade (RFC 6455 section 4.1). The key may be any 16 bytes; compression is not asked for. */
export const upgradeRequest = (port: number, path: string, user: number): string =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headersOf(user),
    "\r\n",
  ].join("\r\n");
