/** What the tests' page runs: an element, and a source that the test feeds by hand. */
import { type ConnectionState, initialState } from "../../src/connection-state.ts";
import { createSource, type Observable } from "../../src/observable.ts";
import { createReporter } from "../../src/report.ts";
import "../../src/status/connection-status.ts";
import { de } from "../../src/status/texts/de.ts";
import { es } from "../../src/status/texts/es.ts";
import type { StatusTexts } from "../../src/status/texts/table.ts";

const element = document.querySelector("connection-status");
if (element === null) throw new Error("The page has no element.");

const source = createSource<ConnectionState>(initialState(Date.now()), createReporter());
const events: string[] = [];
let listeners = 0;

/** The source, with its listeners counted. */
const counted: Observable<ConnectionState> = {
  ...source,
  subscribe(listener) {
    listeners += 1;
    const stop = source.subscribe(listener);
    return () => {
      listeners -= 1;
      stop();
    };
  },
};

const controls = {
  element,
  source: counted,
  events,
  feed: (state: ConnectionState): void => source.set(state),
  listeners: (): number => listeners,
  speak: (lang: "de" | "es"): void => {
    const tables: Record<typeof lang, StatusTexts> = { de, es };
    element.texts = tables[lang];
  },
};

export type Control = typeof controls;

declare global {
  /** The way from the test into the page. */
  var control: Control;
}

globalThis.control = controls;
for (const type of ["retry", "sign-in"]) {
  document.addEventListener(type, (event) => {
    events.push(`${type}${event.target === element && !event.cancelable ? "" : " (odd)"}`);
  });
}
element.source = counted;
