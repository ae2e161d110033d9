import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { type Line, parseLine } from "./line.ts";

/** Lines of several files as one history, by time. Where times are equal the earlier file goes first: servers before clients. */
export async function* readHistory(paths: readonly string[]): AsyncGenerator<Line> {
  const sources = await Promise.all(paths.map(openSource));
  for (;;) {
    let next: Source | undefined;
    for (const source of sources) {
      if (source.head !== undefined && (next?.head === undefined || source.head.at < next.head.at)) next = source;
    }
    if (next?.head === undefined) return;
    yield next.head;
    if (!next.shift()) await next.fill();
  }
}

interface Source {
  readonly head: Line | undefined;
  /** Goes one line on; false when the next one must be read first. */
  shift(): boolean;
  fill(): Promise<void>;
}

/** Lines that are read at a time: waiting for each one would take longer than judging it. */
const chunk = 4096;

async function openSource(path: string): Promise<Source> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })[
    Symbol.asyncIterator
  ]();
  let ready: Line[] = [];
  let position = 0;

  async function fill(): Promise<void> {
    ready = [];
    position = 0;
    while (ready.length < chunk) {
      const { value, done } = await lines.next();
      if (done) return;
      if (value !== "") ready.push(parseLine(value));
    }
  }
  await fill();
  return {
    get head() {
      return ready[position];
    },
    shift() {
      position += 1;
      return position < ready.length;
    },
    fill,
  };
}
