import { make, mark, write } from "./dom.ts";
import type { StatusAction, StatusText } from "./status-text.ts";
import type { StatusTexts } from "./texts/table.ts";

/** What the banner shows. */
interface BannerContent {
  readonly text: StatusText;
  readonly texts: StatusTexts;
  /** Shows only a dot and a word. */
  readonly quiet: boolean;
  /** An attempt is in progress. */
  readonly busy: boolean;
  /** Address of the sign-in page; without it, "Sign in" is a button. */
  readonly signInUrl: string | null;
}

/** The visible element: a mark, the live text, the countdown below it, and the available actions. */
export interface Banner {
  readonly element: HTMLElement;
  update(content: BannerContent): void;
  /** From now on, screen readers announce changes. */
  announce(): void;
  /** Resets the banner to its initial state. */
  clear(): void;
}

/** @param act - called when a button is pressed */
export function createBanner(act: (action: StatusAction) => void): Banner {
  const headline = make("p", "headline");
  const detail = make("p", "detail");
  const live = make("div", "text", headline, detail);
  live.role = "status";
  const sign = make("span", "mark");
  sign.ariaHidden = "true";

  const button = (name: string, action: StatusAction): HTMLButtonElement => {
    const element = make("button", name);
    element.type = "button";
    element.addEventListener("click", () => {
      if (element.ariaDisabled !== "true") act(action);
    });
    return element;
  };
  // Outside the live region, so that screen readers do not announce the countdown.
  const countdown = make("p", "countdown");
  const retry = button("button retry", "retry");
  const signIn = button("button sign-in", "sign_in");
  const signInLink = make("a", "button sign-in");
  const actions = make("div", "actions", signInLink, signIn, retry);
  const content = make("div", "content", make("div", "column", live, countdown), actions);
  const element = make("div", "box", sign, content);

  const announce = (): void => {
    live.ariaLive = "polite";
  };
  const clear = (): void => {
    // Being connected when the page opens needs no announcement; being connected again does.
    live.ariaLive = "off";
    write(headline, "");
    write(detail, "");
    mark(element, "box quiet");
    sign.hidden = true;
    countdown.hidden = true;
    actions.hidden = true;
  };
  clear();

  return {
    element,
    announce,
    clear,
    update({ text, texts, quiet, busy, signInUrl }) {
      if (!quiet) announce();
      write(headline, text.headline);
      write(detail, text.detail);
      mark(element, `box ${quiet ? "quiet" : "full"} ${text.tone}${busy ? " busy" : ""}`);
      sign.hidden = false;

      write(countdown, countdownText(text, texts, busy));
      countdown.hidden = countdown.textContent === "";

      const asksToSignIn = text.actions.includes("sign_in");
      const linked = linkTo(signInLink, signInUrl);
      write(signIn, texts.signIn);
      write(signInLink, texts.signIn);
      signIn.hidden = !asksToSignIn || linked;
      signInLink.hidden = !asksToSignIn || !linked;
      write(retry, texts.retry);
      retry.hidden = !text.actions.includes("retry");
      // The button stays and keeps the focus while it has no effect.
      retry.ariaDisabled = String(busy);
      actions.hidden = text.actions.length === 0;
    },
  };
}

/** Between two countdowns the line shows another text, so that the layout does not move. */
function countdownText({ countdownSeconds, detail }: StatusText, texts: StatusTexts, busy: boolean): string {
  if (countdownSeconds) return texts.countdown.replace("{time}", inWords(countdownSeconds, texts.lang));
  return busy && detail !== "" ? texts.attempting : "";
}

/** Returns whether there is a valid address; one that would run as a script is rejected. */
function linkTo(link: HTMLAnchorElement, url: string | null): boolean {
  if (url === null) return false;
  link.href = url;
  return /^https?:$/.test(link.protocol);
}

/** "1 second", "12 Sekunden", "3 minutos": the platform provides the plurals of all languages. */
function inWords(seconds: number, lang: string): string {
  const [unit, count] =
    seconds < 100 ? (["second", seconds] as const) : (["minute", Math.round(seconds / 60)] as const);
  return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(count);
}
