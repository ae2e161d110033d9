import { styleText } from "node:util";

/** A stream that is written to, such as `process.stdout`. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Of terminals: whether colours are wanted, by what they can do and by NO_COLOR (no-color.org). */
  hasColors?(): boolean;
  write(text: string): unknown;
}

/** Where a command writes: results to one stream, what it says of its own to the other. */
export interface Terminal {
  /** A line of the result, for people or the next program. */
  print(line?: string): void;
  /** A line about how it goes: on standard error, so that it is in no result. */
  say(line: string): void;
  /** A line that the next one replaces; nothing where standard error is no terminal. */
  passing(line: string): void;
  /** Text in a colour, where the result is read by a person on a terminal. */
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
      // A line that wraps could not be taken back.
      err.write(`${clearLine}${line.slice(0, (err.columns ?? 80) - 1)}`);
      isPassing = true;
    },
    paint: (style, text) => (isColourful ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** What comes from elsewhere, as one harmless line: control characters could write over what stands on a terminal. */
export const harmless = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
