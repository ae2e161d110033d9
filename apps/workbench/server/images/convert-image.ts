import { mkdir, rename, writeFile } from "node:fs/promises";
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

/** An image that cannot be converted, with a sentence for the person who sent it. */
export class ImageProblem extends Error {
  override readonly name = "ImageProblem";
}

// The decoder looks at the content for itself: it may take for a picture in some other format what we took for one in
// ours. It is left with the decoders of the formats that are accepted, and SVG, which is code, is none of them.
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
  operation: ["Jpeg", "Png", "Webp", "Heif", "Nsgif", "Tiff"].map((decoder) => `VipsForeignLoad${decoder}`),
});

/** A small file can unfold into gigabytes of pixels: this is as far as we follow. */
const maxPixels = 100_000_000;

/** The longest side that WebP can have; AVIF goes one pixel further. */
const maxSide = 16_383;

const avif = { quality: 55, effort: 2 };
const webp = { quality: 78, effort: 3 };
const thumbnail = { quality: 70 };

const forms = [
  { format: "avif", extension: "avif", make: (image: Sharp) => fit(image, maxSide, maxSide).avif(avif) },
  { format: "webp", extension: "webp", make: (image: Sharp) => fit(image, maxSide, maxSide).webp(webp) },
  { format: "thumbnail", extension: "thumb.webp", make: (image: Sharp) => fit(image, 320, 240).webp(thumbnail) },
] as const;

const fit = (image: Sharp, width: number, height: number): Sharp =>
  image.resize(width, height, { fit: "inside", withoutEnlargement: true });

/**
 * Converts an image to AVIF, WebP and a thumbnail, upright and without its metadata, which may tell where it was taken.
 * Each file appears under its name only when it is whole.
 * @throws ImageProblem when the file is no image that can be read
 */
export async function convertImage(source: string, folder: string, name: string): Promise<ConvertedImage> {
  await refuseBomb(source);
  await mkdir(folder, { recursive: true });
  const outputs: Output[] = [];
  for (const { format, extension, make } of forms) {
    const image = make(sharp(source, { limitInputPixels: maxPixels, failOn: "error" }).rotate());
    const { data, info } = await image.toBuffer({ resolveWithObject: true }).catch(unreadable);
    const file = `${name}.${extension}`;
    const unfinished = join(folder, `.${file}.part`);
    await writeFile(unfinished, data);
    await rename(unfinished, join(folder, file));
    outputs.push({ format, file, bytes: data.length, width: info.width, height: info.height });
  }
  const [{ width, height } = { width: 0, height: 0 }] = outputs;
  return { width, height, outputs };
}

/** By what the file's head says; nothing is decoded yet. */
async function refuseBomb(source: string): Promise<void> {
  const { width, height } = await sharp(source, { limitInputPixels: false }).metadata().catch(unreadable);
  if (width * height <= maxPixels) return;
  throw new ImageProblem(`This image has more than ${maxPixels / 1_000_000} million pixels.`);
}

function unreadable(cause: unknown): never {
  throw new ImageProblem("This image could not be read.", { cause });
}
