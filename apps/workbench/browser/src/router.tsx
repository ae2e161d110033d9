import { createContext, type JSX } from "preact";
import { useContext } from "preact/hooks";
import { createStore, type Readable } from "./store.ts";

interface Location {
  /** In its canonical form: without slashes at its end. */
  readonly path: string;
  /** False for the page that the browser loaded itself. */
  readonly navigated: boolean;
}

export interface Router {
  readonly location: Readable<Location>;
  /** Shows another page, query and fragment included; with `replace`, the present one leaves the history. */
  go(href: string, replace?: boolean): void;
}

/** One address for each page. Several slashes at the start would otherwise name another host. */
const canonicalPath = (pathname: string): string => `/${pathname.replace(/^\/+|\/+$/g, "")}`;

/** Client-side routes over the History API, for as long as the document lives. */
export function createRouter(window: Window): Router {
  const read = (navigated: boolean): Location => {
    const { pathname, search, hash } = window.location;
    const path = canonicalPath(pathname);
    if (path !== pathname) window.history.replaceState(null, "", path + search + hash);
    return { path, navigated };
  };
  const location = createStore<Location>(read(false));
  const follow = (): void => location.set(read(true));
  window.addEventListener("popstate", follow);
  return {
    location,
    go(href, replace = false) {
      const { pathname, search, hash } = new URL(href, window.location.href);
      window.history[replace ? "replaceState" : "pushState"](null, "", canonicalPath(pathname) + search + hash);
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
