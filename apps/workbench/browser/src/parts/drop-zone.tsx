import { useEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../store.ts";
import { imageTypes, limits } from "../upload.ts";
import type { UploadState } from "../upload-store.ts";
import { plural, sizeWords } from "../words.ts";
import { useWorkspace } from "../workspace.ts";

/** Accepts images: dropped, or chosen with the file input. */
export function DropZone() {
  const { uploads } = useWorkspace();
  const upload = useStore(uploads.state);
  const [over, setOver] = useState(false);
  useStrayDropsIgnored();

  function drop(event: DragEvent): void {
    event.preventDefault();
    setOver(false);
    void uploads.choose([...(event.dataTransfer?.files ?? [])]);
  }

  return (
    <section
      class={over ? "drop-zone drop-zone-over" : "drop-zone"}
      aria-labelledby="drop-heading"
      data-testid="drop-zone"
      onDragOver={() => setOver(true)}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <h2 id="drop-heading">New batch</h2>
      {upload.phase === "sending" ? <Sending upload={upload} /> : <FileChoice />}
      {upload.phase !== "sending" && <Problems upload={upload} />}
      {upload.phase === "chosen" && (
        <div class="actions">
          <button type="button" class="primary" data-testid="send-chosen" onClick={() => void uploads.sendChosen()}>
            {upload.failure === null ? "Send" : "Try again with"} {plural(upload.files.length, "image")}
          </button>
          <button type="button" onClick={uploads.cancel}>
            Discard
          </button>
        </div>
      )}
    </section>
  );
}

function FileChoice() {
  const { uploads } = useWorkspace();
  const input = useRef<HTMLInputElement>(null);

  function choose(): void {
    const files = [...(input.current?.files ?? [])];
    // Cleared, so that choosing the same files again fires a change event.
    if (input.current) input.current.value = "";
    void uploads.choose(files);
  }

  return (
    <div class="file-choice">
      <label class="file-button">
        <input
          ref={input}
          type="file"
          class="visually-hidden"
          multiple
          accept={imageTypes.join(",")}
          aria-describedby="file-limits"
          data-testid="file-input"
          onChange={choose}
        />
        Choose images
      </label>
      <p>or drop them here to get AVIF, WebP and thumbnails of each.</p>
      <p id="file-limits" class="hint">
        Up to {limits.files} images of {sizeWords(limits.bytesPerFile)} each.
      </p>
    </div>
  );
}

function Sending({ upload }: { upload: Extract<UploadState, { phase: "sending" }> }) {
  const { uploads } = useWorkspace();
  const { count, sentBytes, totalBytes } = upload;
  const sent = totalBytes > 0 && sentBytes >= totalBytes;
  return (
    <div class="sending" data-testid="upload">
      <progress aria-label="Upload" max={totalBytes} value={sent ? undefined : sentBytes} />
      <div class="task-foot">
        <p>
          {sent
            ? `${plural(count, "image")} sent. The server is checking…`
            : `Sending ${plural(count, "image")}: ${sizeWords(sentBytes)} of ${sizeWords(totalBytes)}`}
        </p>
        <button type="button" data-testid="cancel-upload" onClick={uploads.cancel}>
          Cancel
        </button>
      </div>
    </div>
  );
}

function Problems({ upload }: { upload: Exclude<UploadState, { phase: "sending" }> }) {
  const failure = upload.phase === "chosen" ? upload.failure : null;
  const problems = new Set(upload.problems);
  if (failure === null && problems.size === 0) return null;
  return (
    <div class="problems" role="alert" data-testid="upload-problems">
      {failure !== null && <p>{failure}</p>}
      {problems.size > 0 && upload.phase !== "idle" && (
        <p>{upload.phase === "started" ? "The batch was started. Left out:" : "Left out:"}</p>
      )}
      <ul>
        {[...problems].map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </div>
  );
}

/** Without this, a file dropped beside the zone would replace the page. */
function useStrayDropsIgnored(): void {
  useEffect(() => {
    const ignore = (event: DragEvent): void => event.preventDefault();
    window.addEventListener("dragover", ignore);
    window.addEventListener("drop", ignore);
    return () => {
      window.removeEventListener("dragover", ignore);
      window.removeEventListener("drop", ignore);
    };
  }, []);
}
