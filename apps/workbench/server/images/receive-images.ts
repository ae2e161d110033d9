import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { MultipartFile } from "@fastify/multipart";
import { fileTypeFromFile } from "file-type";
import { UploadProblem } from "./upload-problem.ts";

export const maxImages = 200;
export const maxImageBytes = 20 * 1024 * 1024;

const types: ReadonlySet<string> = new Set(["jpg", "png", "webp", "avif", "gif", "tif"]);

/** An image as it was uploaded. */
export interface ReceivedImage {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
}

/**
 * Writes uploaded images to a folder as they arrive. Their type is decided by their content, and their names never
 * become paths. When one of them is refused, or the sender goes away, nothing is left behind.
 * @throws UploadProblem naming the file
 */
export async function receiveImages(files: AsyncIterable<MultipartFile>, folder: string): Promise<ReceivedImage[]> {
  await mkdir(folder, { recursive: true });
  const images: ReceivedImage[] = [];
  try {
    for await (const part of files) {
      if (images.length >= maxImages)
        throw new UploadProblem("upload_too_many", `A batch has at most ${maxImages} images.`);
      images.push(await receiveImage(part, folder, images.length));
    }
    if (images.length === 0) throw new UploadProblem("upload_empty", "There was no image in the upload.");
    return images;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw toProblem(error);
  }
}

async function receiveImage(part: MultipartFile, folder: string, position: number): Promise<ReceivedImage> {
  const name = shownName(part.filename);
  const file = `${String(position).padStart(3, "0")}.upload`;
  const path = join(folder, file);
  await pipeline(part.file, createWriteStream(path));
  if (part.file.truncated) {
    throw new UploadProblem("upload_too_large", `${name} is larger than ${maxImageBytes / 1024 / 1024} MB.`);
  }
  const type = await fileTypeFromFile(path);
  if (type === undefined || !types.has(type.ext)) {
    throw new UploadProblem("upload_type", `${name} is not a JPEG, PNG, WebP, AVIF, GIF or TIFF image.`);
  }
  return { name, file, bytes: part.file.bytesRead };
}

/** The last part of whatever path a client sent, without control characters. */
function shownName(filename: string | undefined): string {
  const base = (filename ?? "").split(/[/\\]/).at(-1) ?? "";
  const printable = base.replace(/\p{C}/gu, "").trim().slice(0, 200);
  return printable === "" ? "image" : printable;
}

/** What the multipart parser refuses, in our words. */
function toProblem(error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === "FST_FILES_LIMIT")
    return new UploadProblem("upload_too_many", `A batch has at most ${maxImages} images.`);
  if (code === "FST_REQ_FILE_TOO_LARGE") return new UploadProblem("upload_too_large", "An image is too large.");
  // The parser's complaints have no class of their own; the disk's name a system call, and they are not the sender's.
  const unreadable = error instanceof Error && error.constructor === Error && syscall === undefined;
  if (unreadable) return new UploadProblem("upload_broken", "The upload did not arrive whole. Please send it again.");
  return error;
}
