/** The buffer pool grows by this much. A caller that keeps a frame takes this much out of it. */
const chunkBytes = 65_536;

/** With more chunks than this, memory is taken from the heap. */
const maxChunks = 64;

/** Memory for frames that are gone by the end of the turn. */
export interface FrameBufferPool {
  /** @param bytes - of any content, as `Buffer.allocUnsafe` gives them */
  take(bytes: number): Buffer;
  /** Call this with a buffer that stays in use: its memory is not given out again. */
  keep(taken: Buffer): void;
  /** Call this when no buffer is in use any more, except for those that are kept. */
  reset(): void;
}

/**
 * Most frames are passed to the kernel in the turn in which they are made. With separate memory for each, a thousand
 * watchers with ten frames a second left 20 MB of garbage a second, and collecting it cost as much as the writes.
 */
export function createFrameBufferPool(): FrameBufferPool {
  const chunks: Buffer[] = [];
  /** The chunk that is being filled, and the bytes used of it. */
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
