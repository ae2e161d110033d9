import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { PanelName } from "../admin/panels.ts";
import { NotForYou } from "../parts/not-for-you.tsx";
import { Page } from "../parts/page.tsx";

interface AdminPageProps {
  isAdmin: boolean;
  panel: PanelName;
}

/** For administrators. The server decides this for itself: data that it does not send cannot be shown. */
export function AdminPage({ isAdmin, panel }: AdminPageProps) {
  // The dashboard itself reports when the user loses the role while it is open.
  const [entered] = useState(isAdmin);
  return entered ? <LoadedDashboard panel={panel} /> : <NotForYou text="This page is for administrators." />;
}

/** Only pages that open the dashboard load it and its charts. */
function LoadedDashboard({ panel }: { panel: PanelName }) {
  const [loaded, setLoaded] = useState<{ Dashboard: FunctionComponent<{ panel: PanelName }> } | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    import("../parts/admin/dashboard.tsx").then(setLoaded, () => setFailed(true));
  }, []);

  if (loaded) return <loaded.Dashboard panel={panel} />;
  if (!hasFailed) return <p class="splash">Loading…</p>;
  return (
    <Page title="Administration">
      <p role="alert">This page could not be loaded. The server may be away, or newer than this page.</p>
      <p>
        <button type="button" class="primary" onClick={() => window.location.reload()}>
          Try again
        </button>
      </p>
    </Page>
  );
}
