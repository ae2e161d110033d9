/** The first byte of a whole text message in one frame: FIN and opcode 1. */
const wholeText = 0x81;

/** The first payload lengths that need two and eight bytes of their own. */
const twoByteLength = 126;
const eightByteLength = 65_536;

/** Bytes that a frame's head takes, by the length of its payload in bytes. */
const headLength = (payload: number): number => (payload < twoByteLength ? 2 : payload < eightByteLength ? 4 : 10);

/** Allocates memory of any content. */
type Allocate = (bytes: number) => Buffer;

/**
 * The beginning of an unmasked WebSocket text frame (RFC 6455 section 5.2), with room for its payload: in one buffer,
 * so that it takes one write.
 * @param payload - bytes
 */
function openFrame(payload: number, allocate: Allocate): Buffer {
  const head = headLength(payload);
  const frame = allocate(head + payload);
  frame[0] = wholeText;
  if (head === 2) frame[1] = payload;
  else if (head === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(payload, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(payload), 2);
  }
  return frame;
}

/** A text in a frame of its own. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.byteLength(text);
  const frame = openFrame(payload, Buffer.allocUnsafe);
  frame.write(text, frame.length - payload);
  return frame;
}

/** A text that exists in pieces, in UTF-8, joined in one frame. */
export function joinedFrame(pieces: readonly Uint8Array[], allocate: Allocate): Buffer {
  let payload = 0;
  for (const piece of pieces) payload += piece.length;
  const frame = openFrame(payload, allocate);
  copyAll(pieces, frame, frame.length - payload);
  return frame;
}

/** Several frames in one buffer. */
export function joinFrames(frames: readonly Uint8Array[], allocate: Allocate): Buffer {
  let bytes = 0;
  for (const frame of frames) bytes += frame.length;
  const joined = allocate(bytes);
  copyAll(frames, joined, 0);
  return joined;
}

function copyAll(pieces: readonly Uint8Array[], target: Buffer, start: number): void {
  let at = start;
  for (const piece of pieces) {
    target.set(piece, at);
    at += piece.length;
  }
}
