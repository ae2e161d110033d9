import type { ConnectionState } from "../connection-state.ts";
import type { Observable } from "../observable.ts";
import { type Banner, createBanner } from "./banner.ts";
import type { Details, Diagnostics } from "./details.ts";
import * as dom from "./dom.ts";
import { addToHistory, type HistoryEntry } from "./history.ts";
import { isQuiet, type StatusAction, statusText } from "./status-text.ts";
import { createSteady, type Steady } from "./steady.ts";
import { styleSheet } from "./styles.ts";
import { en } from "./texts/en.ts";
import type { StatusTexts } from "./texts/table.ts";

export type { Diagnostics } from "./details.ts";
export type { DebugTexts, StatusTexts } from "./texts/table.ts";

/** Node can import this module, for its types or in a bundle for both sides. It defines no element there. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

const properties = ["source", "texts", "diagnostics", "debug", "signInUrl"] as const;

const noDiagnostics = (): Diagnostics => ({});

/**
 * `<connection-status>`: shows the status of the connection, the cause of a problem, and what users can do.
 *
 * ```ts
 * import "@signalbox/client/connection-status";
 * import { de } from "@signalbox/client/texts/de";
 *
 * const status = document.querySelector("connection-status");
 * status.source = client.state;
 * status.texts = de;
 * status.addEventListener("retry", () => client.retry());
 * ```
 *
 * A working connection appears as a dot and a word. Interruptions of less than a second are not shown. This module
 * contains only English, so that it stays small. German and Spanish are separate modules, and any other table of
 * `StatusTexts` works as well.
 *
 * Attributes: `sign-in-url` makes "Sign in" a link; `debug` adds the details of the connection.
 * Events, which bubble: `retry` and, without a `sign-in-url`, `sign-in`.
 * Parts: `box` (also with the tone: `ok`, `waiting`, `problem`, `neutral`; and `quiet` or `full`), `mark`, `text`,
 * `headline`, `detail`, `countdown`, `button` (also `retry`, `sign-in`), `details`, `summary`, `rows`, `name`, `value`.
 * Custom properties: `--connection-status-` followed by `ok`, `waiting`, `problem`, `neutral`, `surface`, `text`,
 * `text-soft`, `line` or `radius`. The page's `color-scheme` decides between light and dark.
 */
export class ConnectionStatusElement extends Base {
  static readonly observedAttributes: readonly string[] = ["debug", "sign-in-url"];

  readonly #root: HTMLElement;
  readonly #banner: Banner;
  #details: Details | null = null;
  #loading: Promise<void> | null = null;
  #source: Observable<ConnectionState> | null = null;
  #texts: StatusTexts = en;
  #diagnostics: () => Diagnostics = noDiagnostics;
  #history: readonly HistoryEntry[] = [];
  /** The state that is displayed, which may lag behind the actual one. */
  #shown: ConnectionState | null = null;
  #steady: Steady | null = null;
  #unsubscribe: (() => void) | null = null;
  #ticker: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.#banner = createBanner((action) => this.#act(action));
    this.#root = dom.make("div", "root", this.#banner.element);
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [styleSheet()];
    shadow.append(this.#root);
  }

  /** The state to display. */
  get source(): Observable<ConnectionState> | null {
    return this.#source;
  }
  set source(source: Observable<ConnectionState> | null) {
    if (source === this.#source) return;
    this.#source = source;
    this.#history = [];
    this.#shown = null;
    this.#banner.clear();
    if (this.isConnected) this.#watch();
  }

  /** The texts and their language. Default: English. */
  get texts(): StatusTexts {
    return this.#texts;
  }
  set texts(texts: StatusTexts) {
    this.#texts = texts;
    this.#render();
  }

  /**
   * Adds lines to the details of debug mode, such as the round-trip time. Called once a second while the details are
   * open.
   */
  get diagnostics(): () => Diagnostics {
    return this.#diagnostics;
  }
  set diagnostics(diagnostics: (() => Diagnostics) | null) {
    this.#diagnostics = diagnostics ?? noDiagnostics;
    this.#render();
  }

  /** Whether the details are available. */
  get debug(): boolean {
    return this.hasAttribute("debug");
  }
  set debug(debug: boolean) {
    this.toggleAttribute("debug", debug);
  }

  /** Address of the sign-in page. */
  get signInUrl(): string | null {
    return this.getAttribute("sign-in-url");
  }
  set signInUrl(url: string | null) {
    if (url === null) this.removeAttribute("sign-in-url");
    else this.setAttribute("sign-in-url", url);
  }

  connectedCallback(): void {
    this.#adoptEarlyProperties();
    this.#watch();
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  attributeChangedCallback(): void {
    this.#render();
  }

  /** A property set before the element was defined hides the accessor of the same name. */
  #adoptEarlyProperties(): void {
    for (const name of properties) {
      if (!Object.hasOwn(this, name)) continue;
      const value: unknown = Reflect.get(this, name);
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
  }

  #watch(): void {
    this.#stop();
    const source = this.#source;
    if (source === null) return this.#render();
    const steady = createSteady((state) => {
      this.#shown = state;
      this.#render();
    });
    const take = (state: ConnectionState): void => {
      this.#history = addToHistory(this.#history, state, Date.now());
      // A first attempt is not announced, unless it takes long enough to be shown.
      if (!isQuiet(state) && state.status !== "connecting") this.#banner.announce();
      steady.push(state);
      this.#renderDetails();
    };
    this.#steady = steady;
    this.#unsubscribe = source.subscribe(take);
    take(source.get());
  }

  #stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#steady?.stop();
    clearTimeout(this.#ticker);
  }

  #act(action: StatusAction): void {
    const type = action === "retry" ? "retry" : "sign-in";
    this.dispatchEvent(new Event(type, { bubbles: true, composed: true }));
  }

  #render(): void {
    clearTimeout(this.#ticker);
    if (!this.isConnected) return;
    const now = Date.now();
    const shown = this.#shown;
    this.#root.lang = this.#texts.lang;
    if (shown !== null) this.#renderBanner(shown, now);
    this.#renderDetails();

    const remaining = (shown?.nextAttemptAt ?? 0) - now;
    // Wakes when the number changes, and not at all when nothing would change.
    if (remaining > 0) this.#tickAfter(remaining % 1000 || 1000);
    else if (this.#details?.element.open) this.#tickAfter(1000);
  }

  #tickAfter(ms: number): void {
    this.#ticker = setTimeout(() => this.#render(), ms);
  }

  #renderBanner(state: ConnectionState, now: number): void {
    const text = statusText(state, this.#texts, now);
    const attempting = state.status === "connecting" || state.status === "reconnecting";
    this.#banner.update({
      text,
      texts: this.#texts,
      quiet: isQuiet(state),
      busy: attempting && !text.countdownSeconds,
      signInUrl: this.signInUrl,
    });
  }

  #renderDetails(): void {
    const state = this.#source?.get();
    if (!this.debug || state === undefined) {
      this.#details?.element.remove();
      return;
    }
    const details = this.#details;
    if (details === null) {
      this.#loading ??= this.#load();
      return;
    }
    if (details.element.parentNode === null) this.#root.append(details.element);
    const diagnostics = details.element.open ? this.#ask() : {};
    details.update({ state, history: this.#history, diagnostics, texts: this.#texts });
  }

  /** Loads what only developers look at, so that other visitors do not download it. */
  async #load(): Promise<void> {
    try {
      const { createDetails } = await import("./details.ts");
      this.#details = createDetails(dom);
      this.#details.element.addEventListener("toggle", () => this.#render());
      this.#render();
    } catch (error) {
      reportError(error);
    }
  }

  /** The application's function may throw; the status is displayed all the same. */
  #ask(): Diagnostics {
    try {
      return this.#diagnostics();
    } catch (error) {
      reportError(error);
      return {};
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "connection-status": ConnectionStatusElement;
  }
}

const registry = globalThis.customElements as CustomElementRegistry | undefined;
if (registry !== undefined && registry.get("connection-status") === undefined) {
  registry.define("connection-status", ConnectionStatusElement);
}
