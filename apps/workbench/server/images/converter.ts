import { type ChildProcess, fork } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type ConversionAnswer,
  type ConversionLimits,
  type ConversionRequest,
  type ConvertedImage,
  ImageProblem,
} from "./converted-image.ts";

/** The file beside this one, in the sources as in the build output. */
const program = fileURLToPath(import.meta.url).replace(/converter(\.[jt]s)$/, "convert-process$1");

/** An idle process exits after this time to release its memory. */
const idleMs = 10_000;

const defaultLimits: ConversionLimits = { memoryBytes: 1024 ** 3, cpuSeconds: 180 };

/** Converts images in a separate process, one at a time. */
export interface Converter {
  /**
   * @throws ImageProblem when the image cannot be converted, or when the conversion process ends over it
   * @throws the signal's reason when it is aborted, which ends the conversion at once
   */
  convert(source: string, folder: string, name: string, signal: AbortSignal): Promise<ConvertedImage>;
  /** Ends the process. A later conversion starts a new one. */
  close(): void;
}

/** One image at a time, regardless of the number of tasks: this bounds the memory to that of one image. */
export function createConverter(limits = defaultLimits): Converter {
  let child: ChildProcess | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let busy = 0;
  const idle = setTimeout(() => busy === 0 && close(), idleMs).unref();

  function start(): ChildProcess {
    const started = fork(program, {
      // The output of the decoders does not have the log's form; its relevant part is in the response.
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      // It reads untrusted input, and needs none of the server's settings and secrets.
      env: { PATH: process.env.PATH },
      execArgv: [],
    });
    started.once("exit", () => forget(started));
    started.on("error", () => forget(started));
    child = started;
    return started;
  }

  function forget(ended: ChildProcess): void {
    if (child === ended) child = undefined;
  }

  function close(): void {
    child?.kill("SIGKILL");
    child = undefined;
  }

  function ask(request: ConversionRequest, signal: AbortSignal): Promise<ConversionAnswer> {
    const asked = child?.connected ? child : start();
    const answered = Promise.withResolvers<ConversionAnswer>();
    const onExit = (code: number | null, by: NodeJS.Signals | null): void =>
      signal.aborted
        ? answered.reject(signal.reason)
        : answered.resolve({
            problem: `This image could not be converted: the conversion process ended (${by ?? code}).`,
          });
    asked.once("message", answered.resolve).once("exit", onExit).once("error", answered.reject);
    signal.addEventListener("abort", close, { once: true });
    asked.send(request);
    return answered.promise.finally(() => {
      asked.off("message", answered.resolve).off("exit", onExit).off("error", answered.reject);
      signal.removeEventListener("abort", close);
    });
  }

  async function convert(request: ConversionRequest, signal: AbortSignal): Promise<ConvertedImage> {
    signal.throwIfAborted();
    const answer = await ask(request, signal).catch(async (error: unknown) => {
      await removeOutputs(request);
      throw error;
    });
    if ("converted" in answer) return answer.converted;
    await removeOutputs(request);
    if ("problem" in answer) throw new ImageProblem(answer.problem);
    // The next image gets a fresh process.
    close();
    if ("fault" in answer) throw new Error(answer.fault);
    throw new ImageProblem(`This image could not be converted: it needs ${answer.exceeded}.`);
  }

  return {
    convert(source, folder, name, signal) {
      busy += 1;
      const turn = last
        .then(() => convert({ source, folder, name, limits }, signal))
        .finally(() => {
          busy -= 1;
          idle.refresh();
        });
      last = turn.catch(() => {});
      return turn;
    },
    close,
  };
}

/** Removes files of an image whose conversion did not finish. */
async function removeOutputs({ folder, name }: ConversionRequest): Promise<void> {
  const isOurs = (file: string): boolean => file.startsWith(`${name}.`) || file.startsWith(`.${name}.`);
  const files = await readdir(folder).catch((): string[] => []);
  await Promise.all(files.filter(isOurs).map((file) => rm(join(folder, file), { force: true })));
}
