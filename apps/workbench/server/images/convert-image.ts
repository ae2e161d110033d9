import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { type ConvertedImage, ImageProblem, type Output } from "./converted-image.ts";

// The decoder detects the format itself, and may take content that passed as an accepted format for another one. Only
// the decoders of the accepted formats are enabled. SVG, which is code, is not among them.
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
  operation: ["Jpeg", "Png", "Webp", "Heif", "Nsgif", "Tiff"].map((decoder) => `VipsForeignLoad${decoder}`),
});

// Each thread holds its own rows and tiles, and cached operations hold whole images.
sharp.concurrency(1);
sharp.cache(false);

/** A file of a few kilobytes can decode to gigabytes. */
const maxInputPixels = 50_000_000;

/** An AVIF encoder needs about 25 bytes per pixel, so larger images are scaled down to this. */
const maxOutputPixels = 25_000_000;

/** The longest side that WebP supports; AVIF supports one pixel more. */
const maxSide = 16_383;

const avif = { quality: 55, effort: 2, chromaSubsampling: "4:2:0" };
const webp = { quality: 78, effort: 3 };
const thumbnail = { quality: 70 };

interface Size {
  readonly width: number;
  readonly height: number;
}

const thumbnailSize: Size = { width: 320, height: 240 };

const forms = [
  { format: "avif", extension: "avif", make: (image: Sharp, full: Size) => fit(image, full).avif(avif) },
  { format: "webp", extension: "webp", make: (image: Sharp, full: Size) => fit(image, full).webp(webp) },
  { format: "thumbnail", extension: "thumb.webp", make: (image: Sharp) => fit(image, thumbnailSize).webp(thumbnail) },
] as const;

const fit = (image: Sharp, { width, height }: Size): Sharp =>
  image.resize(width, height, { fit: "inside", withoutEnlargement: true });

/**
 * Converts an image to AVIF, WebP and a thumbnail, upright and without its metadata, which may reveal where it was
 * taken. Of an animation, the first frame is converted. Each file appears under its name only when it is complete.
 * @throws ImageProblem when the file cannot be read as an image, or has too many pixels
 */
export async function convertImage(source: string, folder: string, name: string): Promise<ConvertedImage> {
  const full = outputSize(await sizeOf(source));
  await mkdir(folder, { recursive: true });
  const outputs: Output[] = [];
  for (const { format, extension, make } of forms) {
    const options = { limitInputPixels: maxInputPixels, failOn: "error", sequentialRead: true } as const;
    const image = make(sharp(source, options).rotate(), full);
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

/**
 * The size of the upright image, from the file's header; nothing is decoded yet.
 * @throws ImageProblem
 */
async function sizeOf(source: string): Promise<Size> {
  const { width, height, autoOrient } = await sharp(source, { limitInputPixels: false }).metadata().catch(unreadable);
  const pixels = width * height;
  if (pixels <= maxInputPixels) return autoOrient;
  const megapixels = (count: number): number => Math.ceil(count / 1_000_000);
  throw new ImageProblem(
    `This image has ${megapixels(pixels)} megapixels. The limit is ${megapixels(maxInputPixels)} megapixels.`,
  );
}

/**
 * The bounds of the upright image. Rounded up, because the shorter side of a narrow image determines the longer one.
 */
function outputSize({ width, height }: Size): Size {
  const scale = Math.min(1, Math.sqrt(maxOutputPixels / (width * height)), maxSide / Math.max(width, height));
  const side = (length: number): number => Math.min(maxSide, Math.ceil(length * scale));
  return { width: side(width), height: side(height) };
}

function unreadable(cause: unknown): never {
  throw new ImageProblem("This image could not be read.", { cause });
}
