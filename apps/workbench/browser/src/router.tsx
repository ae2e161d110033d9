import { createContext, type JSX } from "preact";
import { useContext } from "preact/hooks";
import { createStore, type Readable } from "./store.ts";

interface Location {
  readonly path: string;
  /** False for the page that the browser loaded itself. */
  readonly navigated: boolean;
}

export interface Router {
  readonly location: Readable<Location>;
  /** Shows another page; with `replace`, the present one leaves the history. */
  go(path: string, replace?: boolean): void;
}

/** Client-side routes over the History API, for as long as the document lives. */
export function createRouter(window: Window): Router {
  const location = createStore<Location>({ path: window.location.pathname, navigated: false });
  const follow = (): void => location.set({ path: window.location.pathname, navigated: true });
  window.addEventListener("popstate", follow);
  return {
    location,
    go(path, replace = false) {
      window.history[replace ? "replaceState" : "pushState"](null, "", path);
      window.scrollTo(0, 0);
      follow();
    },
  };
}

export const RouterContext = createContext<Router | null>(null);

export function useRouter(): Router {
  const router = useContext(RouterContext);
  if (!router) throw new Error("No router: render this inside RouterContext.");
  return router;
}

/** A link to another page of the application. Clicks that ask for a new tab are left to the browser. */
export function Link({ href, ...rest }: JSX.IntrinsicElements["a"] & { href: string }) {
  const { go } = useRouter();
  function follow(click: MouseEvent): void {
    if (click.button !== 0 || click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return;
    click.preventDefault();
    go(href);
  }
  return <a {...rest} href={href} onClick={follow} />;
}
