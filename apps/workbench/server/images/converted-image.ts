/** One converted file of an image. */
export interface Output {
  readonly format: "avif" | "webp" | "thumbnail";
  /** Name in the task's result folder. */
  readonly file: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
}

/** A converted image with all its output files. */
export interface ConvertedImage {
  readonly width: number;
  readonly height: number;
  readonly outputs: readonly Output[];
}

/** An image that cannot be converted, with a sentence for the user who sent it. */
export class ImageProblem extends Error {
  override readonly name = "ImageProblem";
}

/** A request from the server to the conversion process. */
export interface ConversionRequest {
  readonly source: string;
  readonly folder: string;
  /** Name of the new files, without their extension. */
  readonly name: string;
  readonly limits: ConversionLimits;
}

/** Limits for the conversion of one image. */
export interface ConversionLimits {
  /** Resident memory of the conversion process. */
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
}

/** The response of the conversion process. */
export type ConversionAnswer =
  | { readonly converted: ConvertedImage }
  /** A sentence for the user who sent the image. */
  | { readonly problem: string }
  /** The limit that the image exceeded. The process exits after this response. */
  | { readonly exceeded: string }
  /** For the log: neither the image nor the user is the cause. */
  | { readonly fault: string };
