/** HTTP requests of everything that the server answers (RFC 9112), as clients send them. */
import { byCookie, cookieOf, type Identity, origin, sidOf, taskOf, watchers } from "../bait.ts";
import type { Dice } from "../dice.ts";
import { samplePacket } from "./packets.ts";

export type Header = readonly [name: string, value: string];

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: readonly Header[];
  readonly version: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

interface Sample {
  readonly name: string;
  readonly request: Request;
}

const enginePath = "/socket.io/";
const bearer = ({ token }: Identity): Header => ["Authorization", `Bearer ${token}`];

const upgrade: readonly Header[] = [
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];

const preflight: readonly Header[] = [
  ["Access-Control-Request-Method", "POST"],
  ["Access-Control-Request-Headers", "content-type,x-csrf-token"],
];

/** `sid` is a connection that this client has opened. */
export function sampleRequest(who: Identity, sid: string, dice: Dice): Sample {
  const credentials: Header = who === byCookie ? ["Cookie", cookieOf(who)] : bearer(who);
  const base: Request = {
    ...{ method: "GET", path: enginePath, version: "HTTP/1.1", query: [], body: Buffer.alloc(0) },
    headers: [["Host", "127.0.0.1"], ["Origin", origin], credentials],
  };
  const engine = (transport: string, ...more: Header[]): Request => ({
    ...base,
    query: [["EIO", "4"], ["transport", transport], ...more],
  });
  const plain = (name: string, path: string): Sample => ({ name, request: { ...base, path } });
  const withSid: Header = ["sid", dice.chance(0.8) ? sid : sidOf(dice.pick(Object.values(watchers)))];
  const kinds: readonly (() => Sample)[] = [
    () => ({ name: "GET handshake", request: engine("polling") }),
    () => ({ name: "GET poll", request: engine("polling", withSid, ["t", "x"]) }),
    () => ({ name: "POST packets", request: postOf(engine("polling", withSid), packetBody(who, dice)) }),
    () => ({ name: "POST handshake", request: postOf(engine("polling"), packetBody(who, dice)) }),
    () => ({
      name: "OPTIONS",
      request: { ...engine("polling"), method: "OPTIONS", headers: [...base.headers, ...preflight] },
    }),
    () => ({ name: "upgrade", request: { ...engine("websocket"), headers: [...base.headers, ...upgrade] } }),
    () => ({
      name: "upgrade with sid",
      request: { ...engine("websocket", withSid), headers: [...base.headers, ...upgrade] },
    }),
    () => plain("client-config", "/realtime/client-config"),
    () => plain("reachable", "/realtime/reachable"),
    () => plain("task", `/realtime/tasks/${taskOf(dice.chance(0.7) ? who.userId : watchers.polling.userId)}`),
    () => plain("livez", "/livez"),
    () => plain("readyz", "/readyz"),
    () => plain("metrics", "/metrics"),
    () => plain("application", "/somewhere/else"),
  ];
  return dice.pick(kinds)();
}

export const packetBody = (who: Identity, dice: Dice): Buffer =>
  Buffer.from(
    Array.from({ length: 1 + dice.below(3) }, () => {
      const { engine, type, namespace, id, json } = samplePacket(who, dice).packet;
      return `${engine}${type}${namespace}${id}${json}`;
    }).join("\x1e"),
  );

const postOf = (request: Request, body: Buffer): Request => ({
  ...{ ...request, method: "POST", body },
  headers: [...request.headers, ["Content-Type", "text/plain;charset=UTF-8"], ["Content-Length", String(body.length)]],
});

export const encodeRequest = ({ method, path, query, version, headers, body }: Request): Buffer => {
  const search = query.length === 0 ? "" : `?${query.map(([name, value]) => `${name}=${value}`).join("&")}`;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${method} ${path}${search} ${version}\r\n${lines}\r\n`), body]);
};
