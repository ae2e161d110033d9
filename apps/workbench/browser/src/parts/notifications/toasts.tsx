import type { Notification } from "@signalbox/protocol";
import { useStore } from "../../store.ts";
import { useWorkspace } from "../../workspace.ts";
import { NotificationLink } from "./notification-link.tsx";

/**
 * Toasts above the content, which moves down: a toast covers no control. Screen readers announce urgent ones at once,
 * and others at the next pause. None takes the focus. While the pointer or the focus is on one, none disappears.
 */
export function Toasts() {
  const { toasts } = useWorkspace();
  useStore(toasts.state);
  const shown = toasts.shown();
  const isUrgent = ({ priority }: Notification): boolean => priority === "critical";
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: whatever is in it holds the toasts, and Escape closes the one with the focus
    <div
      class="toasts"
      onPointerEnter={toasts.hold}
      onPointerLeave={toasts.release}
      onFocusIn={toasts.hold}
      onFocusOut={toasts.release}
      onKeyDown={({ key, target }) => {
        const id = (target as HTMLElement).closest<HTMLElement>("[data-toast]")?.dataset.toast;
        if (key === "Escape" && id !== undefined) toasts.dismiss(id);
      }}
    >
      <div role="status">{shown.filter((toast) => !isUrgent(toast)).map(Toast)}</div>
      <div role="alert">{shown.filter(isUrgent).map(Toast)}</div>
    </div>
  );
}

function Toast(notification: Notification) {
  return <ToastCard key={notification.id} notification={notification} />;
}

function ToastCard({ notification }: { notification: Notification }) {
  const { toasts } = useWorkspace();
  const { id, title, body, priority } = notification;
  const dismiss = (): void => toasts.dismiss(id);
  return (
    <div class="toast" data-priority={priority} data-testid="toast" data-toast={id}>
      <div class="toast-content">
        <p class="toast-text">
          <strong>{title}</strong> {body}
        </p>
        <NotificationLink notification={notification} onFollow={dismiss} />
      </div>
      <button type="button" class="quiet" aria-label={`Dismiss: ${title}`} onClick={dismiss}>
        ×
      </button>
    </div>
  );
}
