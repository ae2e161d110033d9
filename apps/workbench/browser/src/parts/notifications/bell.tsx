import { useEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../../store.ts";
import { plural } from "../../words.ts";
import { useWorkspace } from "../../workspace.ts";
import { NotificationList } from "./notification-list.tsx";

/** The unread count, and the notification list that it opens. */
export function Bell() {
  const { notifications, toasts } = useWorkspace();
  const { unread } = useStore(notifications.state);
  const [isOpen, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!isOpen) return;
    const closeOutside = (event: Event): void => {
      if (!whole.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", closeOutside);
    document.addEventListener("focusin", closeOutside);
    return () => {
      document.removeEventListener("pointerdown", closeOutside);
      document.removeEventListener("focusin", closeOutside);
    };
  }, [isOpen]);

  function toggle(): void {
    if (!isOpen) toasts.dismissPassing();
    setOpen(!isOpen);
  }

  function onKeyDown({ key }: KeyboardEvent): void {
    if (key !== "Escape" || !isOpen) return;
    setOpen(false);
    button.current?.focus();
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the list from wherever in it the focus is
    <div class="bell" ref={whole} onKeyDown={onKeyDown}>
      <button
        type="button"
        ref={button}
        class="quiet bell-button"
        aria-expanded={isOpen}
        aria-controls="notifications"
        aria-label={unread === 0 ? "Notifications" : `Notifications, ${unread} unread`}
        data-testid="bell"
        onClick={toggle}
      >
        <BellMark />
        {unread > 0 && (
          <span class="bell-count" aria-hidden="true" title={plural(unread, "unread notification")}>
            {unread > 99 ? "99+" : unread}
          </span>
        )}
      </button>
      {isOpen && <NotificationList onLeave={() => setOpen(false)} />}
    </div>
  );
}

function BellMark() {
  return (
    <svg
      viewBox="0 0 20 20"
      width="20"
      height="20"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
    >
      <path d="M4 14.5h12l-1.4-2V8.6a4.6 4.6 0 0 0-9.2 0v3.9z" stroke-linejoin="round" />
      <path d="M8.2 16.8a1.9 1.9 0 0 0 3.6 0" stroke-linecap="round" />
    </svg>
  );
}
