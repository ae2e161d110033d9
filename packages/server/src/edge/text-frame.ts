/** The first byte of a whole text message in one frame: FIN and opcode 1. */
const wholeText = 0x81;

/** The first payload lengths that need two and eight bytes of their own. */
const twoByteLength = 126;
const eightByteLength = 65_536;

/** Bytes that a frame's head takes, by the length of its payload in bytes. */
const headLength = (payload: number): number => (payload < twoByteLength ? 2 : payload < eightByteLength ? 4 : 10);

/**
 * One unmasked WebSocket text frame (RFC 6455 section 5.2) in one buffer, so that it takes one write.
 * @param parts - the payload in UTF-8, in pieces that are put together here
 */
export function textFrame(parts: readonly Uint8Array[]): Buffer {
  let payload = 0;
  for (const part of parts) payload += part.length;
  const head = headLength(payload);
  const frame = Buffer.allocUnsafe(head + payload);
  frame[0] = wholeText;
  if (head === 2) frame[1] = payload;
  else if (head === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(payload, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(payload), 2);
  }
  let offset = head;
  for (const part of parts) {
    frame.set(part, offset);
    offset += part.length;
  }
  return frame;
}
