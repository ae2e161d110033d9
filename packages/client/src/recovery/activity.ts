import type { Environment } from "../environment.ts";

/**
 * Events of the page that affect the connection. `wake`: the page was frozen, hidden or asleep and may have missed the
 * end of its connection. `freeze`: it stops running. `store`: it enters the back/forward cache, which accepts no page
 * with an open connection.
 */
export type Signal = "offline" | "online" | "wake" | "freeze" | "store" | "restore";

const sources: readonly (readonly [
  target: "window" | "document",
  event: string,
  signal: (event: Event) => Signal | undefined,
])[] = [
  ["window", "offline", () => "offline"],
  ["window", "online", () => "online"],
  ["window", "pagehide", (event) => ((event as PageTransitionEvent).persisted ? "store" : undefined)],
  ["window", "pageshow", (event) => ((event as PageTransitionEvent).persisted ? "restore" : undefined)],
  // Page Lifecycle (wicg.github.io/page-lifecycle), sections 4.2 and 4.3.
  ["document", "freeze", () => "freeze"],
  ["document", "resume", () => "wake"],
  ["document", "visibilitychange", () => (document.visibilityState === "visible" ? "wake" : undefined)],
];

/** How often the clock is checked, and a gap that only sleep explains. */
const tickMs = 5000;
const sleepMs = 20_000;

/**
 * Watches the page, if there is one, and the clock to detect that the machine slept. Returns a function that stops it.
 */
export function watchActivity(environment: Environment, onSignal: (signal: Signal) => void): () => void {
  const stops: (() => void)[] = [];
  for (const [name, event, signalOf] of sources) {
    const target = globalThis[name] as EventTarget | undefined;
    if (target === undefined) continue;
    const listen = (happened: Event): void => {
      const signal = signalOf(happened);
      if (signal !== undefined) onSignal(signal);
    };
    target.addEventListener(event, listen);
    stops.push(() => target.removeEventListener(event, listen));
  }

  let cancel: () => void = () => {};
  let last = environment.now();
  const tick = (): void => {
    const now = environment.now();
    // Browsers run hidden pages only once a minute, so a gap means nothing there. They wake when they are shown.
    const hidden = globalThis.document?.visibilityState === "hidden";
    if (now - last > sleepMs && !hidden) onSignal("wake");
    last = now;
    cancel = environment.after(tickMs, tick);
  };
  cancel = environment.after(tickMs, tick);

  return () => {
    cancel();
    for (const stop of stops) stop();
  };
}
