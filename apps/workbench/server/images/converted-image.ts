/** One image in a new form. */
export interface Output {
  readonly format: "avif" | "webp" | "thumbnail";
  /** Name in the task's result folder. */
  readonly file: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
}

/** An image that was converted, with all its new forms. */
export interface ConvertedImage {
  readonly width: number;
  readonly height: number;
  readonly outputs: readonly Output[];
}

/** An image that cannot be converted, with a sentence for the person who sent it. */
export class ImageProblem extends Error {
  override readonly name = "ImageProblem";
}

/** What the server asks of the conversion process. */
export interface ConversionRequest {
  readonly source: string;
  readonly folder: string;
  /** Of the new files, without their extension. */
  readonly name: string;
  readonly limits: ConversionLimits;
}

/** What one image may cost. */
export interface ConversionLimits {
  /** Resident memory of the conversion process. */
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
}

/** What the conversion process answers. */
export type ConversionAnswer =
  | { readonly converted: ConvertedImage }
  /** A sentence for the person who sent the image. */
  | { readonly problem: string }
  /** What the image cost too much of. The process ends after this answer. */
  | { readonly exceeded: string }
  /** For the log: neither the image nor the person is at fault. */
  | { readonly fault: string };
