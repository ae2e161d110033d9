import type { TaskStatus } from "@signalbox/protocol";
import { useState } from "preact/hooks";
import { getJson } from "../http.ts";
import { useLoad } from "../use-problem.ts";
import { downloadName, plural, savingWords, sizeWords } from "../words.ts";

interface Output {
  format: "avif" | "webp" | "thumbnail";
  bytes: number;
  width: number;
  height: number;
  url: string;
}

interface Result {
  name: string;
  width: number;
  height: number;
  bytes: number;
  outputs: Output[];
}

interface ResultSet {
  results: Result[];
  zip_url: string;
}

/** The images that a batch has produced. A batch that was cancelled or failed shows those that were finished. */
export function Results({ taskId, status }: { taskId: string; status: TaskStatus }) {
  const [set, setSet] = useState<ResultSet | null>(null);
  const path = `/api/tasks/${encodeURIComponent(taskId)}/results`;
  const problem = useLoad(async () => setSet(await getJson<ResultSet>(path)), [path]);

  return (
    <section aria-labelledby="results-heading" class="results">
      <div class="section-head">
        <h2 id="results-heading">{status === "completed" ? "Results" : "Results so far"}</h2>
        {set && set.results.length > 0 && (
          <a class="button primary" href={set.zip_url} download="" data-testid="download-zip">
            Download all as zip
          </a>
        )}
      </div>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {!set && !problem && <p class="empty">Loading the pictures…</p>}
      {set &&
        (set.results.length > 0 ? <Pictures results={set.results} /> : <p class="empty">No image was finished.</p>)}
    </section>
  );
}

function Pictures({ results }: { results: Result[] }) {
  const before = results.reduce((sum, { bytes }) => sum + bytes, 0);
  const total = (format: Output["format"]): number =>
    results
      .flatMap(({ outputs }) => outputs.filter((output) => output.format === format))
      .reduce((sum, { bytes }) => sum + bytes, 0);
  return (
    <>
      <p>
        {plural(results.length, "image")}, {sizeWords(before)}. As AVIF {sizeWords(total("avif"))} (
        {savingWords(before, total("avif"))}), as WebP {sizeWords(total("webp"))} ({savingWords(before, total("webp"))}
        ).
      </p>
      <ul class="pictures" data-testid="results">
        {results.map((result) => (
          <Picture key={result.outputs[0]?.url ?? result.name} result={result} />
        ))}
      </ul>
    </>
  );
}

function Picture({ result }: { result: Result }) {
  const { name, width, height, bytes, outputs } = result;
  const thumbnail = outputs.find(({ format }) => format === "thumbnail");
  return (
    <li class="panel picture" data-testid="result">
      <div class="picture-frame">
        {thumbnail && (
          <img src={thumbnail.url} alt={name} width={thumbnail.width} height={thumbnail.height} loading="lazy" />
        )}
      </div>
      <h3 title={name}>{name}</h3>
      <p class="hint">
        {width} × {height}, {sizeWords(bytes)}
      </p>
      <ul class="downloads">
        <Download output={outputs.find(({ format }) => format === "avif")} label="AVIF" result={result} />
        <Download output={outputs.find(({ format }) => format === "webp")} label="WebP" result={result} />
      </ul>
    </li>
  );
}

function Download({ output, label, result }: { output: Output | undefined; label: string; result: Result }) {
  if (!output) return null;
  return (
    <li>
      <a
        href={`${output.url}?download`}
        download={downloadName(result.name, output.format)}
        aria-label={`${result.name} as ${label}`}
      >
        {label}
      </a>{" "}
      <span class="hint">
        {sizeWords(output.bytes)}, {savingWords(result.bytes, output.bytes)}
      </span>
    </li>
  );
}
