/** Called with each WebSocket frame. The bytes are valid during the call only. */
export type OnFrame = (opcode: number, buffer: Buffer, start: number, end: number) => void;

export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const nothing = Buffer.alloc(0);

/**
 * Cuts a byte stream into unmasked WebSocket frames (RFC 6455 section 5.2), as servers send them. Looks at heads only:
 * a chunk with many frames costs a few operations for each. Whatever is incomplete at the end of a chunk waits, copied,
 * for the next one.
 */
export class FrameReader {
  readonly #onFrame: OnFrame;
  #held: Buffer = nothing;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** @throws RangeError for what no server of the bench sends: fragments, masks, extensions */
  read(chunk: Buffer, from: number, to: number): void {
    if (this.#held.length === 0) return this.#cut(chunk, from, to);
    const joined = Buffer.concat([this.#held, chunk.subarray(from, to)]);
    this.#held = nothing;
    this.#cut(joined, 0, joined.length);
  }

  #cut(buffer: Buffer, from: number, to: number): void {
    let at = from;
    while (at + 2 <= to) {
      const first = buffer[at] as number;
      const second = buffer[at + 1] as number;
      // FIN set, nothing reserved, no mask.
      if ((first & 0xf0) !== 0x80 || second > 127) throw new RangeError(`Unexpected frame head ${first}, ${second}.`);
      let start = at + 2;
      let length = second;
      if (second === 126) {
        if (at + 4 > to) break;
        length = buffer.readUInt16BE(at + 2);
        start = at + 4;
      } else if (second === 127) {
        if (at + 10 > to) break;
        length = Number(buffer.readBigUInt64BE(at + 2));
        start = at + 10;
      }
      const end = start + length;
      if (end > to) break;
      this.#onFrame(first & 0x0f, buffer, start, end);
      at = end;
    }
    // The buffer that is read into is used again for the next chunk of any connection.
    if (at < to) this.#held = Buffer.from(buffer.subarray(at, to));
  }
}

/** A masked frame, as clients must send (section 5.1). A mask of zeros leaves the payload as it is. */
export function clientFrame(payload: string | Buffer, opcode: number = opcodes.text): Buffer {
  const body = Buffer.from(payload as string);
  const long = body.length > 125;
  const head = Buffer.alloc(long ? 8 : 6);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (long ? 126 : body.length);
  if (long) head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}
