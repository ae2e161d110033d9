/** Blocks every caller of `pass` until `open` is called. `reached` resolves with the first call of `pass`. */
export function createLatch() {
  const opened = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  return {
    open: () => opened.resolve(),
    reached: reached.promise,
    pass(): Promise<void> {
      reached.resolve();
      return opened.promise;
    },
  };
}
