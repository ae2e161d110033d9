import type { Duplex } from "node:stream";

/** Above this many bytes copying costs more than the kernel's gathering of pieces. */
const mostCopied = 16_384;

type Callback = (error?: Error | null) => void;
type Piece = Parameters<NonNullable<Duplex["_writev"]>>[0][number];

/**
 * Makes a stream write what waits in it as one piece. `ws` writes the head and the payload of a frame separately, and a
 * write of several pieces takes Node and the kernel longer than the same bytes in one.
 */
export function coalesceWrites(stream: Duplex): void {
  stream._writev = writeJoined;
}

/**
 * One function for all streams, with the stream as `this`: a closure for each would be kept as long as the connection.
 */
function writeJoined(this: Duplex, pieces: Piece[], callback: Callback): void {
  let bytes = 0;
  for (const piece of pieces) bytes += sizeOf(piece);
  if (bytes > mostCopied) return Object.getPrototypeOf(this)._writev.call(this, pieces, callback);
  const joined = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const piece of pieces) {
    const { chunk, encoding } = piece;
    if (typeof chunk === "string") joined.write(chunk, at, encoding);
    else joined.set(chunk, at);
    at += sizeOf(piece);
  }
  this._write(joined, "buffer" as BufferEncoding, callback);
}

const sizeOf = ({ chunk, encoding }: Piece): number =>
  typeof chunk === "string" ? Buffer.byteLength(chunk, encoding) : chunk.length;
