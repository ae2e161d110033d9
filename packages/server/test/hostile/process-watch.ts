/** Events that end a Node process, or that show a resource leak in it. */
const signs = ["uncaughtException", "unhandledRejection", "warning"] as const;

export interface ProcessWatch {
  /** What would have ended the process, or accumulated in it, since the start. */
  problems(): Promise<string[]>;
  release(): void;
}

/** Replaces the test runner's own listeners during a case, so that the case can name what it found. */
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
      // Node reports unhandled rejections after the turn in which they happened.
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
