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

/** A problem with what somebody wants converted, in a sentence for them. */
export class UploadProblem extends Error {
  override readonly name = "UploadProblem";
  readonly code: keyof typeof statuses;

  constructor(code: keyof typeof statuses, message: string) {
    super(message);
    this.code = code;
  }

  get status(): number {
    return statuses[this.code];
  }
}
