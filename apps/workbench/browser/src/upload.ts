import { failureOf } from "./http.ts";
import { plural, sizeWords } from "./words.ts";

/** The server's limits; the server checks the content again. */
export const limits = { files: 200, bytesPerFile: 20 * 1024 * 1024 };
export const imageTypes = ["image/jpeg", "image/png", "image/webp", "image/avif", "image/gif", "image/tiff"];

export interface Selection {
  readonly good: readonly File[];
  /** A sentence for each file that cannot be sent; files of the same name and fault share one. */
  readonly problems: readonly string[];
}

/** Checks files before they are sent: files that the server would refuse need not be uploaded. */
export function checkFiles(files: readonly File[]): Selection {
  const good: File[] = [];
  const problems = new Set<string>();
  for (const file of files) {
    const problem = problemOf(file);
    if (problem) problems.add(problem);
    else good.push(file);
  }
  const tooMany = good.splice(limits.files);
  if (tooMany.length > 0) problems.add(`A batch has at most ${limits.files} images. Beyond that: ${namesOf(tooMany)}.`);
  return { good, problems: [...problems] };
}

/** The names of the first few files, and the number of the others. */
function namesOf(files: readonly File[]): string {
  const names = files.slice(0, 5).map(({ name }) => `“${name}”`);
  const others = files.length - names.length;
  return names.join(", ") + (others > 0 ? ` and ${plural(others, "other")}` : "");
}

function problemOf({ name, type, size }: File): string | undefined {
  if (!imageTypes.includes(type)) return `“${name}” is not a JPEG, PNG, WebP, AVIF, GIF or TIFF image.`;
  if (size === 0) return `“${name}” is empty.`;
  if (size <= limits.bytesPerFile) return undefined;
  return `“${name}” has ${sizeWords(size)}. An image may have at most ${sizeWords(limits.bytesPerFile)}.`;
}

interface UploadOptions {
  readonly csrf: string | undefined;
  /** Aborting it ends the upload, which then rejects with an AbortError. */
  readonly signal: AbortSignal;
  onProgress(sentBytes: number, totalBytes: number): void;
}

/** The result of an upload. */
export interface UploadAnswer {
  /** Whether a batch was created, of all images or of some. */
  readonly isStarted: boolean;
  /** A sentence for each image that the server refused. */
  readonly refused: readonly string[];
}

/**
 * Sends images as one batch. XMLHttpRequest, because fetch does not report the progress of a request body.
 * @throws RequestFailed when the server neither accepted the batch nor refused particular images
 */
export function uploadImages(files: readonly File[], options: UploadOptions): Promise<UploadAnswer> {
  const form = new FormData();
  for (const file of files) form.append("images", file);

  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = (): void => reject(failureOf(request.status, request.responseText));
    request.upload.onprogress = ({ loaded, total }) => options.onProgress(loaded, total);
    request.onload = () => {
      const isStarted = request.status === 201;
      const refused = refusedIn(request.responseText);
      if (isStarted || refused.length > 0) resolve({ isStarted, refused });
      else fail();
    };
    request.onerror = fail;
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    options.signal.addEventListener("abort", () => request.abort(), { once: true });
    request.open("POST", "/api/tasks");
    request.setRequestHeader("accept", "application/json");
    if (options.csrf !== undefined) request.setRequestHeader("x-csrf-token", options.csrf);
    request.send(form);
  });
}

/** The sentences of a response of the form `{refused: [{name, code, message}]}`. */
export function refusedIn(text: string): string[] {
  try {
    const refused: { message: string }[] | undefined = JSON.parse(text)?.refused;
    return (Array.isArray(refused) ? refused : []).map(({ message }) => message);
  } catch {
    // Not JSON: a page of an intermediate proxy, which refuses no image in particular.
    return [];
  }
}

/**
 * Separates files that were moved, changed or deleted since they were chosen: sending them fails like a lost
 * connection.
 */
export async function splitReadable(files: readonly File[]): Promise<Selection> {
  const readable = await Promise.all(
    files.map((file) =>
      file
        .slice(0, 1)
        .arrayBuffer()
        .then(
          () => true,
          () => false,
        ),
    ),
  );
  return {
    good: files.filter((_, index) => readable[index]),
    problems: files
      .filter((_, index) => !readable[index])
      .map(({ name }) => `“${name}” can no longer be read. It was moved, changed or deleted.`),
  };
}
