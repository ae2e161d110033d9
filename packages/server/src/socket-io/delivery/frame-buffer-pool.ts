/** The buffer pool grows by this much, and this is what somebody who keeps a frame takes out of it. */
const chunkBytes = 65_536;

/** With more than these, memory is taken from the heap. */
const maxChunks = 64;

/** Memory for frames that are gone by the end of the turn. */
export interface FrameBufferPool {
  /** @param bytes - of any content, as `Buffer.allocUnsafe` gives them */
  take(bytes: number): Buffer;
  /** Call this with what somebody goes on keeping: nobody else will be given its memory. */
  keep(taken: Buffer): void;
  /** Call this when nothing that was taken is in use any more, but for what is kept. */
  reset(): void;
}

/**
 * Most frames are handed to the kernel in the turn in which they are made. With memory of its own for each, a thousand
 * watchers with ten frames a second left 20 MB of garbage a second, and clearing it up cost as much as the writing.
 */
export function createFrameBufferPool(): FrameBufferPool {
  const chunks: Buffer[] = [];
  /** The chunk that is being filled, and how far it is. */
  let at = 0;
  let used = 0;

  return {
    take(bytes) {
      if (bytes > chunkBytes) return Buffer.allocUnsafe(bytes);
      if (used + bytes > chunkBytes) {
        at += 1;
        used = 0;
      }
      if (at >= maxChunks) return Buffer.allocUnsafe(bytes);
      const chunk = chunks[at] ?? Buffer.allocUnsafeSlow(chunkBytes);
      chunks[at] = chunk;
      const taken = chunk.subarray(used, used + bytes);
      used += bytes;
      return taken;
    },
    keep(taken) {
      const index = chunks.findIndex(({ buffer }) => buffer === taken.buffer);
      if (index < 0) return;
      chunks.splice(index, 1);
      if (index === at) used = 0;
      else if (index < at) at -= 1;
    },
    reset() {
      at = 0;
      used = 0;
    },
  };
}
