/** HTTP status of each problem. */
const statuses = {
  upload_empty: 400,
  upload_broken: 400,
  upload_type: 415,
  upload_too_large: 413,
  upload_too_many: 413,
  too_many_tasks: 429,
  task_kind_unknown: 400,
} as const;

/** An image that is left out of a batch, with a sentence for the user who sent it. */
export interface RefusedImage {
  readonly name: string;
  readonly code: UploadCode;
  readonly message: string;
}

export type UploadCode = keyof typeof statuses;

/** A problem with an upload, as a sentence for the user. */
export class UploadProblem extends Error {
  override readonly name = "UploadProblem";
  readonly code: UploadCode;
  /** The refused images, when no image of an upload was accepted. */
  readonly refused: readonly RefusedImage[];

  constructor(code: UploadCode, message: string, refused: readonly RefusedImage[] = []) {
    super(message);
    this.code = code;
    this.refused = refused;
  }

  get status(): number {
    return statuses[this.code];
  }
}
