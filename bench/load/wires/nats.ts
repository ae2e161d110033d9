import type { Client, Wire } from "../client.ts";

const lineEnd = "\r\n";

/**
 * The NATS client protocol (docs.nats.io, "Client Protocol"). The server puts several messages into one frame and may
 * cut one in two, so what the frames carry is read as one stream.
 */
export function createNatsWire(): Wire {
  let held: Buffer = Buffer.alloc(0);

  return {
    opened(client) {
      client.send(
        `CONNECT {"verbose":false,"pedantic":false,"protocol":1}${lineEnd}SUB news 1${lineEnd}PING${lineEnd}`,
      );
    },
    frame(client, buffer, start, end) {
      const joined = held.length === 0 ? buffer : Buffer.concat([held, buffer.subarray(start, end)]);
      const from = held.length === 0 ? start : 0;
      const to = held.length === 0 ? end : joined.length;
      const read = readLines(client, joined, from, to);
      held = Buffer.from(joined.subarray(read, to));
    },
  };
}

/** Returns where the first incomplete line or message begins. */
function readLines(client: Client, buffer: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const end = buffer.indexOf(lineEnd, at);
    if (end < 0 || end + 2 > to) return at;
    const line = buffer.toString("latin1", at, end);
    if (!line.startsWith("MSG ")) {
      if (line === "PING") client.send(`PONG${lineEnd}`);
      if (line === "PONG") client.listener.entered(client);
      if (line.startsWith("-ERR")) client.listener.refused(client, line);
      at = end + 2;
      continue;
    }
    const bytes = Number(line.slice(line.lastIndexOf(" ") + 1));
    const after = end + 2 + bytes + 2;
    if (after > to) return at;
    client.listener.message(client, buffer, end + 2, end + 2 + bytes);
    at = after;
  }
  return at;
}
