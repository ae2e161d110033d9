import { useDashboard } from "../../admin/dashboard.ts";
import { useStore } from "../../store.ts";

/** The latest warning of the server, on every panel until somebody has seen it. The frame around it stays, to be spoken. */
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
