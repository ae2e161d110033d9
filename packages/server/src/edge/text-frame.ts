/** The first byte of a whole text message in one frame: FIN and opcode 1. */
const wholeText = 0x81;

/** The first payload lengths that need two and eight bytes of their own. */
const twoByteLength = 126;
const eightByteLength = 65_536;

/** Bytes that a frame's head takes, by the length of its payload in bytes. */
const headLength = (payload: number): number => (payload < twoByteLength ? 2 : payload < eightByteLength ? 4 : 10);

/**
 * The beginning of an unmasked WebSocket text frame (RFC 6455 section 5.2), with room for its payload: in one buffer, so
 * that it takes one write.
 * @param payload - bytes
 * @returns the frame, and where its payload goes
 */
function openFrame(payload: number): { frame: Buffer; offset: number } {
  const offset = headLength(payload);
  const frame = Buffer.allocUnsafe(offset + payload);
  frame[0] = wholeText;
  if (offset === 2) frame[1] = payload;
  else if (offset === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(payload, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(payload), 2);
  }
  return { frame, offset };
}

/** A text in a frame of its own. */
export function textFrame(text: string): Buffer {
  const { frame, offset } = openFrame(Buffer.byteLength(text));
  frame.write(text, offset);
  return frame;
}

/** A text that is there in pieces, in UTF-8, which are put together in one frame. */
export function joinedFrame(pieces: readonly Uint8Array[]): Buffer {
  let payload = 0;
  for (const piece of pieces) payload += piece.length;
  const { frame, offset } = openFrame(payload);
  let at = offset;
  for (const piece of pieces) {
    frame.set(piece, at);
    at += piece.length;
  }
  return frame;
}
