import { make, mark, write } from "./dom.ts";
import type { StatusAction, StatusText } from "./status-text.ts";
import type { StatusTexts } from "./texts/table.ts";

/** What the banner shows. */
interface BannerContent {
  readonly text: StatusText;
  readonly texts: StatusTexts;
  /** A dot and a word. */
  readonly quiet: boolean;
  /** An attempt is being made. */
  readonly busy: boolean;
  /** Where to sign in; without it, signing in is a button. */
  readonly signInUrl: string | null;
}

/** The visible element: a mark, the live text, the countdown below it, and what can be done. */
export interface Banner {
  readonly element: HTMLElement;
  update(content: BannerContent): void;
  /** From now on changes are read out to people who listen. */
  announce(): void;
  /** Back to the beginning. */
  clear(): void;
}

/** @param act - a button was pressed */
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
  // Outside the live text: nobody wants to hear it count.
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
    // That a page is connected when it opens goes without saying; that it is again does not.
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
      // Stays where it is, and keeps the focus, while it is of no use.
      retry.ariaDisabled = String(busy);
      actions.hidden = text.actions.length === 0;
    },
  };
}

/** Between two countdowns the line says something else, so that nothing moves. */
function countdownText({ countdownSeconds, detail }: StatusText, texts: StatusTexts, busy: boolean): string {
  if (countdownSeconds) return texts.countdown.replace("{time}", inWords(countdownSeconds, texts.lang));
  return busy && detail !== "" ? texts.attempting : "";
}

/** Says whether there is an address to go to; one that would run as a script is none. */
function linkTo(link: HTMLAnchorElement, url: string | null): boolean {
  if (url === null) return false;
  link.href = url;
  return /^https?:$/.test(link.protocol);
}

/** "1 second", "12 Sekunden", "3 minutos": the platform knows the plurals of all languages. */
function inWords(seconds: number, lang: string): string {
  const [unit, count] =
    seconds < 100 ? (["second", seconds] as const) : (["minute", Math.round(seconds / 60)] as const);
  return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(count);
}
