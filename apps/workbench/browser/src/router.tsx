import { createContext, type JSX } from "preact";
import { useContext } from "preact/hooks";
import { createStore, type Readable } from "./store.ts";

interface Location {
  /** In canonical form: without trailing slashes. */
  readonly path: string;
  /** False for the page that the browser loaded itself. */
  readonly navigated: boolean;
}

export interface Router {
  readonly location: Readable<Location>;
  /** Navigates to another page, including query and fragment; with `replace`, it replaces the current history entry. */
  go(href: string, replace?: boolean): void;
}

/** One address for each page. Without this, several leading slashes would name another host. */
const canonicalPath = (pathname: string): string => `/${pathname.replace(/^\/+|\/+$/g, "")}`;

/** Client-side routes over the History API, for the lifetime of the document. */
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

/** A link to another page of the application. The browser handles clicks that request a new tab. */
export function Link({ href, ...rest }: JSX.IntrinsicElements["a"] & { href: string }) {
  const { go } = useRouter();
  function follow(click: MouseEvent): void {
    if (click.button !== 0 || click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return;
    click.preventDefault();
    go(href);
  }
  return <a {...rest} href={href} onClick={follow} />;
}
