import type { Client, Wire } from "../client.ts";
import { readDigits } from "../stamp.ts";

/** Engine.IO's packet types, and behind a `4` Socket.IO's: ASCII digits. */
const engine = { open: 0x30, ping: 0x32, message: 0x34 } as const;
const packet = { connect: 0x30, disconnect: 0x31, event: 0x32, ack: 0x33, connectError: 0x34 } as const;

/** Engine.IO 4 and Socket.IO 5, one namespace for each connection, as every Socket.IO client speaks them. */
export const socketIoWire: Wire = {
  opened() {},
  frame(client, buffer, start, end) {
    const first = buffer[start];
    if (first === engine.message) return message(client, buffer, start, end);
    if (first === engine.ping) return client.send("3");
    if (first === engine.open) connect(client);
  },
};

function connect(client: Client): void {
  const { namespace, csrf } = client;
  const auth = JSON.stringify({ csrf, accepts: ["progress_batch", "admin_batch"] });
  client.send(namespace === "/" ? `40${auth}` : `40${namespace},${auth}`);
}

function message(client: Client, buffer: Buffer, start: number, end: number): void {
  const { listener } = client;
  switch (buffer[start + 1]) {
    case packet.event:
      return listener.message(client, buffer, start, end);
    case packet.ack: {
      const bracket = buffer.indexOf("[", start);
      return listener.answered?.(client, readDigits(buffer, start + 2, bracket - start - 2));
    }
    case packet.connect:
      return listener.entered(client);
    case packet.connectError:
    case packet.disconnect:
      return listener.refused(client, buffer.toString("utf8", start, end));
  }
}
