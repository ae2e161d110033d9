import { useDashboard } from "../../admin/dashboard.ts";
import { useStore } from "../../store.ts";
import { ExactMoment } from "../moment.tsx";

/** The server's alerts since the page was opened. */
export function AlertList() {
  const { alerts } = useStore(useDashboard().alerts.state);
  return (
    <>
      <h3>Alerts</h3>
      {alerts.length === 0 ? (
        <p class="empty">The server has warned of nothing since this page was opened.</p>
      ) : (
        <ul class="alerts" data-testid="admin-alerts">
          {alerts.map(({ at, severity, title, body }, index) => (
            <li key={`${at} ${index}`} class={`alert alert-${severity}`}>
              <p>
                <ExactMoment at={at} /> · {severity} · <strong>{title}</strong> {body}
              </p>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
