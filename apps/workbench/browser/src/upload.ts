import { failureOf } from "./http.ts";
import { sizeWords } from "./words.ts";

/** What the server takes; it looks at the content again. */
export const limits = { files: 200, bytesPerFile: 20 * 1024 * 1024 };
export const imageTypes = ["image/jpeg", "image/png", "image/webp", "image/avif", "image/gif", "image/tiff"];

export interface Selection {
  readonly good: readonly File[];
  /** A sentence for each file that cannot be sent; files of the same name and fault share one. */
  readonly problems: readonly string[];
}

/** Looks at files before they are sent: what the server would refuse need not travel. */
export function checkFiles(files: readonly File[]): Selection {
  const good: File[] = [];
  const problems = new Set<string>();
  for (const file of files) {
    const problem = problemOf(file);
    if (problem) problems.add(problem);
    else good.push(file);
  }
  if (good.length > limits.files) {
    problems.add(`${good.length} images are too many at once. The first ${limits.files} can be sent.`);
  }
  return { good: good.slice(0, limits.files), problems: [...problems] };
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

/** Sends images as one batch; resolves when the server has taken it. XMLHttpRequest, because fetch does not tell how far a body is. */
export function uploadImages(files: readonly File[], options: UploadOptions): Promise<void> {
  const form = new FormData();
  for (const file of files) form.append("images", file);

  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const fail = (): void => reject(failureOf(request.status, request.responseText));
    request.upload.onprogress = ({ loaded, total }) => options.onProgress(loaded, total);
    request.onload = () => {
      if (request.status === 201) resolve();
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
