/** What ends a process of Node, or tells that something was forgotten in it. */
const signs = ["uncaughtException", "unhandledRejection", "warning"] as const;

export interface ProcessWatch {
  /** What would have ended the process, or piled up in it, since the start. */
  problems(): Promise<string[]>;
  release(): void;
}

/** Sets the test runner's own listeners aside for the time of a case, so that the case can name what it found. */
export function watchProcess(): ProcessWatch {
  const problems: string[] = [];
  const watched = signs.map((sign) => {
    const aside = process.rawListeners(sign);
    const listen = (error: unknown): void => {
      if (sign !== "warning" || (error as Error).name === "MaxListenersExceededWarning") {
        problems.push(`The process had an ${sign}: ${error}`);
      }
    };
    process.removeAllListeners(sign);
    process.on(sign, listen);
    return { sign, aside };
  });

  return {
    async problems() {
      // Node looks for rejections that nobody took after the turn in which they happened.
      await new Promise((resolve) => setImmediate(resolve));
      return problems;
    },
    release() {
      for (const { sign, aside } of watched) {
        process.removeAllListeners(sign);
        for (const listener of aside) process.on(sign, listener as () => void);
      }
    },
  };
}
