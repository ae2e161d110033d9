import { useDashboard } from "../../admin/dashboard.ts";
import { useStore } from "../../store.ts";

/**
 * The server's latest alert, shown on every panel until it is dismissed. The frame stays mounted, so that screen
 * readers announce it.
 */
export function AlertBanner() {
  const { state, dismiss } = useDashboard().alerts;
  const { latest } = useStore(state);
  return (
    <div role="status" class="banner">
      {latest && (
        <div class={`alert alert-${latest.severity}`} data-testid="admin-alert">
          <p>
            <strong>{latest.title}</strong> {latest.body}
          </p>
          <button type="button" class="quiet" onClick={dismiss}>
            Dismiss
          </button>
        </div>
      )}
    </div>
  );
}
