/** Changes to HTTP requests. */
import { byCookie, csrf, type Identity, origin } from "../bait.ts";
import type { Dice } from "../dice.ts";
import { boundaries, mutateBytes } from "./bytes.ts";
import { encodeRequest, type Header, packetBody, type Request, sampleRequest } from "./http-samples.ts";

type RequestMutator = (request: Request, dice: Dice) => Request;

const strangeNames = ["__proto__", "constructor", "sid", "transport", "EIO", "toString", "j", "b64", "", "t"];
const strangeOrigins = [
  "null",
  "",
  origin.toUpperCase(),
  `${origin}:80`,
  `${origin}.`,
  "https://evil.example",
  `${origin}, ${origin}`,
  "file://",
  "http://[::1",
  `${origin}/x`,
  `x${origin}`,
];
const strangeHeaders: readonly Header[] = [
  ["Transfer-Encoding", "chunked"],
  ["Transfer-Encoding", "identity, chunked"],
  ["Content-Length", "5"],
  ["Expect", "100-continue"],
  ["Expect", "something"],
  ["Connection", "close, Upgrade"],
  ["Upgrade", "h2c"],
  ["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"],
  ["Sec-WebSocket-Protocol", "a, b, a"],
  ["X-Forwarded-For", "10.0.0.1, evil, ::1, 999.1.1.1"],
  ["X-Forwarded-For", "fe80::1%eth0"],
  ["Forwarded", "for=127.0.0.1"],
  ["X-Request-Id", "x\u0001\u001b[31m"],
  ["Cookie", "fuzz.sid=%zz; a=b; fuzz.sid=token-of-boss-0"],
  ["Cookie", `fuzz.sid=${"x".repeat(9000)}`],
  ["Authorization", "Bearer"],
  ["Authorization", "Basic dXNlcjpwYXNz"],
  ["X-CSRF-Token", csrf],
  ["X-HTTP-Method-Override", "DELETE"],
  ["Sec-Fetch-Site", "cross-site"],
  ["Referer", `http://${"r".repeat(2000)}`],
  ["Content-Type", "application/octet-stream"],
  ["Range", "bytes=0-1"],
  ["If-None-Match", "*"],
];

const at = <Item>(items: readonly Item[], dice: Dice, change: (item: Item) => readonly Item[]): Item[] => {
  if (items.length === 0) return [];
  const chosen = dice.below(items.length);
  return items.flatMap((item, index) => (index === chosen ? change(item) : [item]));
};

const inHeaders =
  (change: (header: Header, dice: Dice) => readonly Header[]): RequestMutator =>
  (request, dice) => ({ ...request, headers: at(request.headers, dice, (header) => change(header, dice)) });

const inQuery =
  (change: (parameter: Header, dice: Dice) => readonly Header[]): RequestMutator =>
  (request, dice) => ({ ...request, query: at(request.query, dice, (parameter) => change(parameter, dice)) });

const requestMutators: Readonly<Record<string, RequestMutator>> = {
  method: (request, dice) => ({
    ...request,
    method: dice.pick([
      "GET",
      "POST",
      "HEAD",
      "OPTIONS",
      "PUT",
      "DELETE",
      "PATCH",
      "TRACE",
      "CONNECT",
      "PRI",
      "get",
      "GE T",
      "",
      "M-SEARCH",
    ]),
  }),
  path: (request, dice) => ({
    ...request,
    path: dice.pick([
      ...[
        "/socket.io",
        "//socket.io/",
        "/socket.io//",
        "/socket.io/./",
        "/x/../socket.io/",
        "/SOCKET.IO/",
        "/socket%2eio/",
        "/socket.io/%00",
      ],
      ...[
        "*",
        "",
        "http://127.0.0.1/socket.io/",
        "/socket.io/;x",
        "/realtime/",
        "/realtime/tasks/",
        "/realtime/tasks/%ff",
        "/realtime/tasks/__proto__",
      ],
      ...[
        `/realtime/tasks/${"x".repeat(128)}`,
        `/realtime/tasks/${"x".repeat(129)}`,
        "/metrics/",
        "/livez?x",
        `/${"p".repeat(20_000)}`,
      ],
    ]),
  }),
  http_version: (request, dice) => ({
    ...request,
    version: dice.pick(["HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "HTTP/1.1 ", "", "http/1.1"]),
  }),
  query_repeat: inQuery((parameter) => [parameter, parameter]),
  query_remove: inQuery(() => []),
  query_rename: inQuery(([, value], dice) => [[dice.pick(strangeNames), value]]),
  query_value: inQuery(([name], dice) => [
    [
      name,
      dice.pick([
        ...boundaries,
        "polling",
        "websocket",
        "webtransport",
        "__proto__",
        "%",
        "%00",
        "%ff",
        "[]",
        "x".repeat(5000),
      ]),
    ],
  ]),
  header_remove: inHeaders(() => []),
  header_repeat: inHeaders((header) => [header, header]),
  header_case: inHeaders(([name, value], dice) => [
    [dice.chance(0.5) ? name.toUpperCase() : name.toLowerCase(), value],
  ]),
  header_garble: inHeaders(([name, value], dice) => [
    [name, mutateBytes(Buffer.from(value), dice, Buffer.from("a, b")).bytes.toString()],
  ]),
  header_name: inHeaders(([name, value], dice) => [
    [dice.pick([`${name} `, ` ${name}`, "", `${name}\0`, `${name}\r\nX: y`, "__proto__", `x${name}`]), value],
  ]),
  header_grow: inHeaders(([name, value], dice) => [
    [name, value + "x".repeat(dice.pick([100, 8000, 16_383, 16_384, 16_385, 70_000]))],
  ]),
  header_strange: (request, dice) => ({ ...request, headers: [...request.headers, dice.pick(strangeHeaders)] }),
  header_many: (request, dice) => ({
    ...request,
    headers: [
      ...request.headers,
      ...Array.from({ length: dice.pick([50, 500, 2500]) }, (_, index): Header => [`X-${index}`, "1"]),
    ],
  }),
  header_origin: (request, dice) => ({
    ...request,
    headers: request.headers.map(([name, value]) => [name, name === "Origin" ? dice.pick(strangeOrigins) : value]),
  }),
  body_length_lies: (request, dice) => ({
    ...request,
    headers: request.headers.map(([name, value]) => [
      name,
      name === "Content-Length"
        ? dice.pick([
            "0",
            "1",
            "999999",
            "1000001",
            "-1",
            "5x",
            "1e3",
            `${value},${value}`,
            `+${value}`,
            "99999999999999999999",
          ])
        : value,
    ]),
  }),
  body_mutate: (request, dice) => ({
    ...request,
    body: mutateBytes(request.body, dice, packetBody(byCookie, dice)).bytes,
  }),
  body_fit: (request, dice) => {
    const body = Buffer.concat(
      Array<Buffer>(dice.pick([1, 2, 50])).fill(Buffer.concat([request.body, Buffer.from("\x1e")])),
    );
    return {
      ...request,
      body,
      headers: request.headers.map(([name, value]) => [name, name === "Content-Length" ? String(body.length) : value]),
    };
  },
};

interface Mutated {
  readonly sample: string;
  readonly mutators: readonly string[];
  readonly meant: string;
  readonly bytes: Buffer;
}

/** A valid request with one to four changes. */
export function mutateHttp(who: Identity, sid: string, dice: Dice): Mutated {
  const { name: sample, request } = sampleRequest(who, sid, dice);
  const mutators: string[] = [];
  let changed = request;
  for (let count = dice.pick([1, 1, 2, 3, 4]); count > 0; count -= 1) {
    const [mutator, mutate] = dice.pick(Object.entries(requestMutators));
    mutators.push(mutator);
    changed = mutate(changed, dice);
  }
  const meant = request.body.toString();
  const bytes = encodeRequest(changed);
  if (dice.chance(0.85)) return { sample, mutators, meant, bytes };
  const mutated = mutateBytes(bytes, dice, encodeRequest(sampleRequest(who, sid, dice).request));
  return { sample, mutators: [...mutators, mutated.name], meant, bytes: mutated.bytes };
}
