/** How far a browser has shown a user's notifications as toasts. Persisted across page loads and shared by its tabs. */
export interface ShownMark {
  /** The mark when this page was loaded. */
  readonly before: number;
  raise(seq: number): void;
}

export function openShownMark(userId: string): ShownMark {
  const key = `toasts-shown:${userId}`;
  return {
    before: read(key),
    raise(seq) {
      if (seq <= read(key)) return;
      try {
        localStorage.setItem(key, String(seq));
      } catch {
        // Storage is full or disabled: toasts then reappear after a load, as in a new browser.
      }
    },
  };
}

function read(key: string): number {
  try {
    return Number(localStorage.getItem(key)) || 0;
  } catch {
    return 0;
  }
}
