import fc from "fast-check";
import { expect, test } from "vitest";
import { clientFrame, FrameReader, opcodes } from "../../load/frame-reader.ts";

/** A server's frame, written from RFC 6455 section 5.2 and not with the code under test. */
function serverFrame(payload: Buffer, opcode: number): Buffer {
  const head = [0x80 | opcode];
  if (payload.length < 126) head.push(payload.length);
  else if (payload.length < 65_536) head.push(126, payload.length >> 8, payload.length & 0xff);
  else head.push(127, 0, 0, 0, 0, 0, payload.length >> 16, (payload.length >> 8) & 0xff, payload.length & 0xff);
  return Buffer.concat([Buffer.from(head), payload]);
}

/** Long payloads are of one character each: told in short, so that a failure can be read. */
const brief = (payload: string): string => `${payload.length} of ${[...new Set(payload)].join("")}`;

function readAll(chunks: readonly Buffer[]): { opcode: number; payload: string }[] {
  const frames: { opcode: number; payload: string }[] = [];
  const reader = new FrameReader((opcode, buffer, start, end) => {
    frames.push({ opcode, payload: brief(buffer.toString("latin1", start, end)) });
  });
  // One buffer for every read, as the clients have: whatever is kept beyond a read must have been copied.
  const shared = Buffer.alloc(500_000);
  for (const chunk of chunks) {
    chunk.copy(shared);
    reader.read(shared, 0, chunk.length);
    shared.fill(0xff);
  }
  return frames;
}

const payloads = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(125, 126, 127, 65_535, 65_536, 70_000));

test("frames come out as they went in, however the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(payloads, { maxLength: 6 }), fc.array(fc.nat(200_000), { maxLength: 8 }), (lengths, cuts) => {
      const sent = lengths.map((length, index) => ({
        opcode: opcodes.text,
        payload: String(index % 10).repeat(length),
      }));
      const stream = Buffer.concat(sent.map(({ opcode, payload }) => serverFrame(Buffer.from(payload), opcode)));
      const at = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
      const chunks = at.slice(1).map((end, index) => stream.subarray(at[index], end));
      expect(readAll(chunks)).toEqual(sent.map(({ opcode, payload }) => ({ opcode, payload: brief(payload) })));
    }),
    { numRuns: 100 },
  );
});

test("frames cut byte by byte come out whole", () => {
  const stream = Buffer.concat([
    serverFrame(Buffer.alloc(300, "a"), opcodes.text),
    serverFrame(Buffer.from("b"), opcodes.ping),
  ]);
  const chunks = Array.from(stream, (byte) => Buffer.from([byte]));
  expect(readAll(chunks)).toEqual([
    { opcode: opcodes.text, payload: "300 of a" },
    { opcode: opcodes.ping, payload: "1 of b" },
  ]);
});

test("a fragment, a masked frame and a compressed one are errors, not wrong counts", () => {
  for (const head of [
    [0x01, 0x00],
    [0x81, 0x80],
    [0xc1, 0x00],
  ]) {
    expect(() => readAll([Buffer.from(head)])).toThrow(RangeError);
  }
});

test("a client's frame is masked with zeros", () => {
  expect([...clientFrame("3")]).toEqual([0x81, 0x81, 0, 0, 0, 0, 0x33]);
  const long = clientFrame("x".repeat(200));
  expect([...long.subarray(0, 8)]).toEqual([0x81, 0xfe, 0, 200, 0, 0, 0, 0]);
  expect(long.subarray(8).toString()).toBe("x".repeat(200));
});
