import { styleText } from "node:util";

/** A writable stream, such as `process.stdout`. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** On terminals: whether colours are wanted, according to the terminal and NO_COLOR (no-color.org). */
  hasColors?(): boolean;
  write(text: string): unknown;
}

/** Output of a command: results go to one stream, messages to the other. */
export interface Terminal {
  /** Writes a line of the result, for people or the next program. */
  print(line?: string): void;
  /** Writes a progress message to standard error, so that it is not part of a result. */
  say(line: string): void;
  /** Writes a line that the next one replaces; nothing where standard error is not a terminal. */
  passing(line: string): void;
  /** Colours the text where a person reads the result on a terminal. */
  paint(style: Parameters<typeof styleText>[0], text: string): string;
  /** Whether lines can be replaced. */
  readonly isLive: boolean;
}

const clearLine = "\r\u001b[2K";

export function createTerminal(out: Output, err: Output): Terminal {
  const isLive = err.isTTY === true;
  const isColourful = out.isTTY === true && out.hasColors?.() === true;
  let isPassing = false;

  function clear(): void {
    if (isPassing) err.write(clearLine);
    isPassing = false;
  }

  return {
    isLive,
    print(line = "") {
      clear();
      out.write(`${line}\n`);
    },
    say(line) {
      clear();
      err.write(`${line}\n`);
    },
    passing(line) {
      if (!isLive) return;
      // A line that wraps could not be cleared.
      err.write(`${clearLine}${line.slice(0, (err.columns ?? 80) - 1)}`);
      isPassing = true;
    },
    paint: (style, text) => (isColourful ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** Escapes external text into one safe line: control characters could overwrite what is on the terminal. */
export const harmless = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
