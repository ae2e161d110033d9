import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/**
 * A row can disappear while one of its buttons has the focus. The list then takes the focus, which would otherwise
 * return to the start of the page.
 */
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
