import { connect } from "node:net";
import { expect, onTestFinished } from "vitest";
import { type RawHeaders, rawRequest, type TestServer, upgradeHeaders } from "../../src/testing/index.ts";

/** Opcodes of WebSocket frames (RFC 6455 section 5.2). */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

interface FrameOptions {
  readonly fin?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number;
  readonly masked?: boolean;
}

/** One frame as it is on the wire, valid or not. Its mask is zero, so that the payload stays readable. */
export function frame(opcode: number, payload: Buffer | string = "", options: FrameOptions = {}): Buffer {
  const { fin = true, reserved = 0, masked = true } = options;
  const body = Buffer.from(payload);
  const long = body.length > 125;
  const head = Buffer.alloc(long ? 4 : 2);
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (long ? 126 : body.length);
  if (long) head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), body]);
}

/** A WebSocket on a bare TCP connection. */
export interface RawFrames {
  /** The head of the response to the upgrade. */
  readonly head: string;
  write(...frames: readonly Buffer[]): void;
  /** How often the server has answered a ping. */
  pongs(): number;
  /** Stops reading, like a client that wants to fill the server's memory. */
  pause(): void;
  /** The code of the server's close frame, once the connection has ended. */
  closed(): Promise<number | undefined>;
  isOpen(): boolean;
}

export async function openFrames(server: TestServer, headers: RawHeaders, query = ""): Promise<RawFrames> {
  const socket = connect(server.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let received = Buffer.alloc(0);
  let isUpgraded = false;
  let isOpen = true;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    // The client answers the close frame, so that no test has to wait for the server's close timeout.
    if (isUpgraded && closeIn(received) !== undefined) socket.end(frame(opcodes.close));
  });
  socket.on("close", () => {
    isOpen = false;
  });
  const target = `/socket.io/?EIO=4&transport=websocket${query}`;
  socket.write(rawRequest("GET", target, [["Origin", server.url], ...upgradeHeaders, ...headers]));
  await expect.poll(() => received.includes("\r\n\r\n")).toBe(true);
  const end = received.indexOf("\r\n\r\n") + 4;
  const head = received.subarray(0, end).toString();
  received = received.subarray(end);
  isUpgraded = true;

  return {
    head,
    write: (...frames) => void socket.write(Buffer.concat(frames)),
    pongs: () => [...framesIn(received)].filter(({ opcode }) => opcode === opcodes.pong).length,
    pause: () => void socket.pause(),
    async closed() {
      await expect.poll(() => isOpen).toBe(false);
      const close = closeIn(received);
      return close !== undefined && close.payload.length >= 2 ? close.payload.readUInt16BE(0) : undefined;
    },
    isOpen: () => isOpen,
  };
}

const closeIn = (bytes: Buffer) => [...framesIn(bytes)].find(({ opcode }) => opcode === opcodes.close);

function* framesIn(bytes: Buffer): Generator<{ opcode: number; payload: Buffer }> {
  let at = 0;
  while (at + 2 <= bytes.length) {
    const opcode = (bytes[at] ?? 0) & 0x0f;
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const start = at + (short < 126 ? 2 : 4);
    const length = short < 126 ? short : bytes.readUInt16BE(at + 2);
    yield { opcode, payload: bytes.subarray(start, start + length) };
    at = start + length;
  }
}
