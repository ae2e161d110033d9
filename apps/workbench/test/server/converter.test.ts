/** The conversion process: what one image may cost, and who pays for it. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createConverter } from "../../server/images/converter.ts";

// Large images take a while on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const megabyte = 1024 * 1024;
const never = new AbortController().signal;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "converter-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function open(limits?: Parameters<typeof createConverter>[0]) {
  const converter = createConverter(limits);
  onTestFinished(() => converter.close());
  return (file: string, signal = never) => converter.convert(join(folder, file), join(folder, "out"), file, signal);
}

/** Of one colour: gigabytes of pixels in a file of kilobytes. */
async function make(file: string, width: number, height: number): Promise<string> {
  const image = sharp({ create: { width, height, channels: 3, background: "#4a7" }, limitInputPixels: false });
  const format = file.split(".").at(-1) as "png";
  await writeFile(join(folder, file), await image.toFormat(format, { effort: 1 }).toBuffer());
  return file;
}

describe("the converter", () => {
  it("refuses an image of more than 50 megapixels with both numbers, in every format, before it decodes it", async () => {
    const convert = open();
    for (const format of ["png", "jpeg", "tiff", "gif"]) {
      const file = await make(`large.${format}`, 7100, 7100);
      await expect(convert(file), format).rejects.toThrow("This image has 51 megapixels. The limit is 50 megapixels.");
    }
    expect(await readdir(folder)).not.toContain("out");
  });

  it("converts an image of 49 megapixels within its memory, and scales the results down to 25", async () => {
    const file = await make("huge.png", 7000, 7000);
    const { outputs } = await open()(file);
    const sizes = outputs.map(({ format, width, height }) => [format, width, height]);
    expect(sizes).toEqual([
      ["avif", 5000, 5000],
      ["webp", 5000, 5000],
      ["thumbnail", 240, 240],
    ]);
  });

  it("ends the process over an image that needs too much memory, and converts the next one", async () => {
    const [huge, small] = [await make("heavy.png", 5000, 5000), await make("small.png", 20, 20)];
    const convert = open({ memoryBytes: 150 * megabyte, cpuSeconds: 1000 });
    const [first, second] = await Promise.allSettled([convert(huge), convert(small)]);
    expect(first).toMatchObject({
      reason: { message: "This image could not be converted: it needs more than 150 MB of memory." },
    });
    expect(second).toMatchObject({ value: { width: 20, height: 20 } });
  });

  it("ends the process over an image that needs too much processor time", async () => {
    const file = await make("slow.png", 4000, 4000);
    const convert = open({ memoryBytes: 4096 * megabyte, cpuSeconds: 0.2 });
    await expect(convert(file)).rejects.toThrow("it needs more than 0.2 s of processor time.");
  });

  it("stops a conversion at once when its signal is aborted, and converts the next one", async () => {
    const convert = open();
    const abort = new AbortController();
    const stopped = convert(await make("stopped.png", 5000, 5000), abort.signal);
    abort.abort(new Error("cancelled"));
    await expect(stopped).rejects.toThrow("cancelled");
    expect(await convert(await make("next.png", 20, 20))).toMatchObject({ width: 20 });
  });

  it("converts the first frame of an animation of thousands of frames", async () => {
    const frames = Buffer.alloc(16 * 16 * 4 * 2000, 120);
    const raw = { width: 16, height: 16 * 2000, channels: 4, pageHeight: 16 } as const;
    for (let at = 0; at < frames.length; at += 16 * 16 * 4) frames[at] = (at >> 10) & 0xff;
    await writeFile(join(folder, "many.gif"), await sharp(frames, { raw }).gif({ effort: 1 }).toBuffer());
    expect(await open()("many.gif")).toMatchObject({ width: 16, height: 16 });
  });
});
