import type { ConnectionState } from "../connection-state.ts";
import { hints } from "../hints.ts";
import type * as Dom from "./dom.ts";
import type { HistoryEntry } from "./history.ts";
import type { StatusTexts } from "./texts/table.ts";

/** Additional lines of the details: a name and a value each, such as `{ "Round trip": "23 ms" }`. */
export type Diagnostics = Readonly<Record<string, string>>;

/** The content of the details. */
interface DetailsContent {
  readonly state: ConnectionState;
  readonly history: readonly HistoryEntry[];
  readonly diagnostics: Diagnostics;
  readonly texts: StatusTexts;
}

/** The details of debug mode: what a developer needs first, and a way to send it. Loaded on demand. */
export interface Details {
  readonly element: HTMLDetailsElement;
  update(content: DetailsContent): void;
}

/**
 * Initially closed, as `<details>` elements are.
 *
 * @param dom - passed by the element: if both sides imported it, it would be a third file in a bundle
 */
export function createDetails({ make, write }: typeof Dom): Details {
  const summary = make("summary", "summary");
  const rows = make("dl", "rows");
  const button = make("button", "button");
  const outcome = make("span", "outcome");
  const byHand = make("textarea", "copy-text");
  button.type = "button";
  outcome.role = "status";
  byHand.readOnly = true;
  byHand.hidden = true;
  const element = make("details", "details", summary, rows, make("div", "copy", button, outcome, byHand));
  let content: DetailsContent | undefined;

  async function copy(shown: DetailsContent): Promise<void> {
    const { debug } = shown.texts;
    const text = asText(shown);
    try {
      // The clipboard is missing on insecure pages, and denied in frames without permission.
      await navigator.clipboard.writeText(text);
      byHand.hidden = true;
      write(outcome, debug.copied);
    } catch {
      byHand.hidden = false;
      byHand.value = text;
      byHand.ariaLabel = debug.title;
      byHand.select();
      write(outcome, debug.copyByHand);
    }
  }
  /** Reuses the elements, so that a selection survives the next update. */
  function fill(lines: readonly Row[]): void {
    while (rows.childElementCount > lines.length * 2) rows.lastElementChild?.remove();
    for (const [index, [name, value]] of lines.entries()) {
      if (rows.childElementCount <= index * 2) rows.append(make("dt", "name"), make("dd", "value lines"));
      const [term, description] = [rows.children[index * 2], rows.children[index * 2 + 1]];
      if (term !== undefined) write(term, name);
      if (description !== undefined) write(description, value);
    }
  }

  button.addEventListener("click", () => {
    if (content !== undefined) void copy(content);
  });
  element.addEventListener("toggle", () => write(outcome, ""));

  return {
    element,
    update(next) {
      content = next;
      const { texts } = next;
      write(summary, texts.debug.title);
      write(button, texts.debug.copy);
      const time = new Intl.DateTimeFormat(texts.lang, { timeStyle: "medium" });
      fill([...factsOf(next), [texts.debug.recent, recent(next.history, (at) => time.format(at))]]);
    },
  };
}

type Row = readonly [name: string, value: string];

function factsOf({ state, diagnostics, texts: { debug } }: DetailsContent): Row[] {
  return [
    [debug.status, state.status],
    [debug.code, state.diagnosis === null ? state.code : [...new Set([state.code, state.diagnosis.code])].join(", ")],
    [debug.transport, state.transport ?? "–"],
    [debug.attempts, String(state.attempt)],
    ...Object.entries(diagnostics),
    ...(state.diagnosis === null ? [] : [[debug.hint, hints[state.diagnosis.code]] as const]),
  ];
}

const recent = (history: readonly HistoryEntry[], time: (at: number) => string): string =>
  history.map(({ code, at }) => `${time(at)}  ${code}`).join("\n");

/** Text for a support message: times are in ISO 8601, UTC. */
function asText(content: DetailsContent): string {
  const history = recent(content.history, (at) => new Date(at).toISOString());
  const rows: Row[] = [...factsOf(content), [content.texts.debug.recent, `\n${history}`]];
  return rows.map(([name, value]) => `${name}: ${value}`).join("\n");
}
