import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** Rows go while somebody is on one of their buttons. Then the list takes the focus, or it would be at the page's start. */
export function useKeptFocus(list: RefObject<HTMLElement | null>): void {
  const focused = useRef<Element | null>(null);
  useEffect(() => {
    const remember = (event: FocusEvent): void => {
      focused.current = event.target as Element;
    };
    const { current } = list;
    current?.addEventListener("focusin", remember);
    return () => current?.removeEventListener("focusin", remember);
  }, [list]);
  useLayoutEffect(() => {
    if (focused.current?.isConnected !== false || document.activeElement !== document.body) return;
    focused.current = null;
    list.current?.focus({ preventScroll: true });
  });
}
