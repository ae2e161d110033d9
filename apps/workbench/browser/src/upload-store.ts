import { RequestFailed, sentenceOf } from "./http.ts";
import { createStore, type Readable } from "./store.ts";
import { checkFiles, uploadImages } from "./upload.ts";

export type UploadState =
  | { readonly phase: "idle"; readonly problems: readonly string[] }
  /** Some files cannot be sent: the person decides about the others. */
  | { readonly phase: "checked"; readonly good: readonly File[]; readonly problems: readonly string[] }
  | { readonly phase: "sending"; readonly count: number; readonly sentBytes: number; readonly totalBytes: number };

export interface UploadStore {
  readonly state: Readable<UploadState>;
  /** Checks files, and sends them at once when all are good. */
  choose(files: readonly File[]): Promise<void>;
  /** Sends the good ones of a mixed choice. */
  sendGood(): Promise<void>;
  /** Forgets the choice, or stops sending it. */
  cancel(): void;
}

interface UploadStoreOptions {
  csrf(): string | undefined;
  /** Told when the server has taken a batch. */
  onCreated(): Promise<void>;
}

const idle: UploadState = { phase: "idle", problems: [] };

/** The upload under way. It lives apart from the page that shows it: looking at another page does not stop it. */
export function createUploadStore({ csrf, onCreated }: UploadStoreOptions): UploadStore {
  const state = createStore<UploadState>(idle);
  let abort = new AbortController();

  async function send(files: readonly File[]): Promise<void> {
    const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
    const progress = (sentBytes: number, total: number): void =>
      state.set({ phase: "sending", count: files.length, sentBytes, totalBytes: total });

    abort = new AbortController();
    progress(0, totalBytes);
    window.addEventListener("beforeunload", askBeforeLeaving);
    try {
      await uploadImages(files, { csrf: csrf(), signal: abort.signal, onProgress: progress });
      await onCreated();
      state.set(idle);
    } catch (error) {
      state.set({ phase: "idle", problems: abort.signal.aborted ? [] : [problemOf(error)] });
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
      else if (problems.length > 0) state.set({ phase: "checked", good, problems });
      else await send(good);
    },
    async sendGood() {
      const current = state.get();
      if (current.phase === "checked") await send(current.good);
    },
    cancel() {
      abort.abort();
      state.set(idle);
    },
  };
}

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** A server that refuses a large body may close the connection instead of answering. */
function problemOf(error: unknown): string {
  if (!(error instanceof RequestFailed) || error.status !== 0) return sentenceOf(error);
  return "The upload broke off. Check your connection and try again.";
}
