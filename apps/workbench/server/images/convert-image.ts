import { mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";

/** One image in a new form. */
export interface Output {
  readonly format: "avif" | "webp" | "thumbnail";
  /** Name in the task's result folder. */
  readonly file: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
}

export interface ConvertedImage {
  readonly width: number;
  readonly height: number;
  readonly outputs: readonly Output[];
}

/** A small file can unfold into gigabytes of pixels: this is as far as we follow. */
const maxPixels = 100_000_000;

const forms = [
  { format: "avif", extension: "avif", make: (image: Sharp) => image.avif({ quality: 55, effort: 2 }) },
  { format: "webp", extension: "webp", make: (image: Sharp) => image.webp({ quality: 78, effort: 3 }) },
  {
    format: "thumbnail",
    extension: "thumb.webp",
    make: (image: Sharp) => image.resize(320, 240, { fit: "inside", withoutEnlargement: true }).webp({ quality: 70 }),
  },
] as const;

/**
 * Converts an image to AVIF, WebP and a thumbnail, upright and without its metadata, which may tell where it was taken.
 * Each file appears under its name only when it is whole.
 * @throws Error when the file is no image that can be read
 */
export async function convertImage(source: string, folder: string, name: string): Promise<ConvertedImage> {
  await mkdir(folder, { recursive: true });
  const open = () => sharp(source, { limitInputPixels: maxPixels, failOn: "error" }).rotate();
  const outputs: Output[] = [];
  for (const { format, extension, make } of forms) {
    const file = `${name}.${extension}`;
    const unfinished = join(folder, `.${file}.part`);
    const { width, height } = await make(open()).toFile(unfinished);
    await rename(unfinished, join(folder, file));
    outputs.push({ format, file, bytes: (await stat(join(folder, file))).size, width, height });
  }
  const [{ width, height } = { width: 0, height: 0 }] = outputs;
  return { width, height, outputs };
}
