import { RequestFailed, sentenceOf } from "./http.ts";
import { createStore, type Readable } from "./store.ts";
import { checkFiles, splitReadable, type UploadAnswer, uploadImages } from "./upload.ts";

export type UploadState =
  /** Nothing is chosen, or none of the chosen files can be sent, for the reasons in `problems`. */
  | { readonly phase: "idle"; readonly problems: readonly string[] }
  /** The batch was started without the images that `problems` names. */
  | { readonly phase: "started"; readonly problems: readonly string[] }
  /** These files wait for the user: others are left out, for the reasons in `problems`, or the upload failed. */
  | {
      readonly phase: "chosen";
      readonly files: readonly File[];
      readonly problems: readonly string[];
      readonly failure: string | null;
    }
  | { readonly phase: "sending"; readonly count: number; readonly sentBytes: number; readonly totalBytes: number };

export interface UploadStore {
  readonly state: Readable<UploadState>;
  /** Checks files, and sends them at once when all are valid. */
  choose(files: readonly File[]): Promise<void>;
  /** Sends the waiting files, for the first time or again. */
  sendChosen(): Promise<void>;
  /** Discards the chosen files, or aborts the upload. */
  cancel(): void;
}

interface UploadStoreOptions {
  csrf(): string | undefined;
  /** Called when the server has accepted a batch. */
  onCreated(): Promise<void>;
}

const idle: UploadState = { phase: "idle", problems: [] };

/** The in-flight upload. It is independent of the page that shows it: navigating to another page does not stop it. */
export function createUploadStore({ csrf, onCreated }: UploadStoreOptions): UploadStore {
  const state = createStore<UploadState>(idle);
  let abort = new AbortController();

  /** @param leftOut - sentences for the chosen files that are not sent */
  async function send(files: readonly File[], leftOut: readonly string[]): Promise<void> {
    const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
    const progress = (sentBytes: number, total: number): void =>
      state.set({ phase: "sending", count: files.length, sentBytes, totalBytes: total });

    const mine = new AbortController();
    abort = mine;
    progress(0, totalBytes);
    window.addEventListener("beforeunload", askBeforeLeaving);
    try {
      const answer = await uploadImages(files, { csrf: csrf(), signal: mine.signal, onProgress: progress });
      if (answer.isStarted) await onCreated();
      state.set(stateAfter(answer, leftOut));
    } catch (error) {
      const next = await stateAfterFailure(error, files, leftOut);
      if (!mine.signal.aborted) state.set(next);
    } finally {
      window.removeEventListener("beforeunload", askBeforeLeaving);
    }
  }

  return {
    state,
    async choose(files) {
      if (files.length === 0 || state.get().phase === "sending") return;
      const { good, problems } = checkFiles(files);
      if (good.length === 0) state.set({ phase: "idle", problems });
      else if (problems.length > 0) state.set({ phase: "chosen", files: good, problems, failure: null });
      else await send(good, []);
    },
    async sendChosen() {
      const current = state.get();
      if (current.phase === "chosen") await send(current.files, current.problems);
    },
    cancel() {
      abort.abort();
      state.set(idle);
    },
  };
}

function stateAfter({ isStarted, refused }: UploadAnswer, leftOut: readonly string[]): UploadState {
  const problems = [...leftOut, ...refused];
  if (!isStarted) return { phase: "idle", problems };
  return problems.length > 0 ? { phase: "started", problems } : idle;
}

/** Keeps those chosen files that are still readable. */
async function stateAfterFailure(
  error: unknown,
  files: readonly File[],
  leftOut: readonly string[],
): Promise<UploadState> {
  const { good, problems } = await splitReadable(files);
  const others = [...leftOut, ...problems];
  if (good.length === 0) return { phase: "idle", problems: others };
  return { phase: "chosen", files: good, problems: others, failure: problemOf(error) };
}

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** A server that refuses a large body may close the connection instead of answering. */
function problemOf(error: unknown): string {
  if (!(error instanceof RequestFailed) || error.status !== 0) return sentenceOf(error);
  return "The upload broke off. Your choice is kept: check your connection and try again.";
}
