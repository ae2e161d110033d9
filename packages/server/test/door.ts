/** A door that holds whoever goes through it until it is opened, and says when somebody has come. */
export function createDoor() {
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
