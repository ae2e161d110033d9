import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { MultipartFile } from "@fastify/multipart";
import { fileTypeFromFile } from "file-type";
import { type RefusedImage, UploadProblem } from "./upload-problem.ts";

export const maxImages = 200;
export const maxImageBytes = 20 * 1024 * 1024;

const types: ReadonlySet<string> = new Set(["jpg", "png", "webp", "avif", "gif", "tif"]);

/** An uploaded image. */
export interface ReceivedImage {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
}

/** The images of an upload: the accepted and the refused ones. */
export interface ReceivedUpload {
  readonly images: readonly ReceivedImage[];
  readonly refused: readonly RefusedImage[];
}

/**
 * Writes uploaded images to a folder as they arrive. Their content determines their type, and their names never become
 * paths. Unacceptable images are left out. If none is acceptable, or the client disconnects, no files remain.
 * @throws UploadProblem when no image is left, or the upload as a whole cannot be read
 */
export async function receiveImages(files: AsyncIterable<MultipartFile>, folder: string): Promise<ReceivedUpload> {
  await mkdir(folder, { recursive: true });
  const images: ReceivedImage[] = [];
  const refused: RefusedImage[] = [];
  try {
    for await (const part of files) {
      const received = await receiveImage(part, folder, images.length);
      if ("code" in received) refused.push(received);
      else images.push(received);
    }
    if (images.length > 0) return { images, refused };
    const [first] = refused;
    if (first === undefined) throw new UploadProblem("upload_empty", "There was no image in the upload.");
    throw new UploadProblem(first.code, first.message, refused);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw toProblem(error);
  }
}

async function receiveImage(
  part: MultipartFile,
  folder: string,
  position: number,
): Promise<ReceivedImage | RefusedImage> {
  const name = shownName(part.filename);
  const file = `${String(position).padStart(3, "0")}.upload`;
  const path = join(folder, file);
  await pipeline(part.file, createWriteStream(path));
  const problem = part.file.truncated ? tooLarge(name) : await typeProblem(path, name);
  if (problem === undefined) return { name, file, bytes: part.file.bytesRead };
  await rm(path);
  return problem;
}

const tooLarge = (name: string): RefusedImage => ({
  ...{ name, code: "upload_too_large" },
  message: `${name} is larger than ${maxImageBytes / 1024 / 1024} MB.`,
});

async function typeProblem(path: string, name: string): Promise<RefusedImage | undefined> {
  const type = await fileTypeFromFile(path);
  if (type !== undefined && types.has(type.ext)) return undefined;
  return { name, code: "upload_type", message: `${name} is not a JPEG, PNG, WebP, AVIF, GIF or TIFF image.` };
}

/** Maximum code points of an image's name. */
const maxNameLength = 200;

/** Control characters and similar ones. Joiners stay: without them, words of many scripts change. */
const unshown = /[\p{C}--\p{Join_Control}]/gv;

/** The last segment of the path that a client sent, without control characters. */
function shownName(filename: string | undefined): string {
  const base = (filename ?? "").split(/[/\\]/).at(-1) ?? "";
  const printable = [...base.replace(unshown, "").trim()].slice(0, maxNameLength).join("");
  return printable === "" ? "image" : printable;
}

/** Translates refusals of the multipart parser. */
function toProblem(error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === "FST_FILES_LIMIT")
    return new UploadProblem("upload_too_many", `A batch has at most ${maxImages} images.`);
  if (code === "FST_REQ_FILE_TOO_LARGE") return new UploadProblem("upload_too_large", "An image is too large.");
  // The parser's errors have no class of their own. Disk errors name a system call, and are not the client's fault.
  const unreadable = error instanceof Error && error.constructor === Error && syscall === undefined;
  if (unreadable) return new UploadProblem("upload_broken", "The upload did not arrive whole. Please send it again.");
  return error;
}
