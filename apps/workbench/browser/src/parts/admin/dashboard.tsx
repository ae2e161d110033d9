import type { FunctionComponent, RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import "../../styles/admin/main.css";
import { openAlerts } from "../../admin/alerts-store.ts";
import { DashboardContext, type Dashboard as Shared } from "../../admin/dashboard.ts";
import type { Details } from "../../admin/details.ts";
import { openFeed } from "../../admin/feed.ts";
import { openNames } from "../../admin/names.ts";
import { openNotices } from "../../admin/notices-store.ts";
import { openOverview } from "../../admin/overview-store.ts";
import { type PanelName, panels, pathOf, titleOf } from "../../admin/panels.ts";
import type { Question } from "../../admin/questions.ts";
import { setPageTitle } from "../../document-title.ts";
import { Link } from "../../router.tsx";
import { useStore } from "../../store.ts";
import { useWorkspace } from "../../workspace.ts";
import { NotForYou } from "../not-for-you.tsx";
import { Page } from "../page.tsx";
import { AlertBanner } from "./alert-banner.tsx";
import { BlocksPanel } from "./blocks-panel.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { ConnectionsPanel } from "./connections-panel.tsx";
import { DetailsDialog } from "./details-dialog.tsx";
import { FeedStatus } from "./feed-status.tsx";
import { HealthPanel } from "./health-panel.tsx";
import { NoticesPanel } from "./notices-panel.tsx";
import { OriginsPanel } from "./origins-panel.tsx";
import { OverviewPanel } from "./overview-panel.tsx";
import { RoomsPanel } from "./rooms-panel.tsx";
import { SecurityPanel } from "./security-panel.tsx";
import { SettingsPanel } from "./settings-panel.tsx";
import { TasksPanel } from "./tasks-panel.tsx";

const parts: Record<PanelName, FunctionComponent> = {
  overview: OverviewPanel,
  connections: ConnectionsPanel,
  tasks: TasksPanel,
  security: SecurityPanel,
  blocks: BlocksPanel,
  rooms: RoomsPanel,
  notices: NoticesPanel,
  health: HealthPanel,
  settings: SettingsPanel,
  origins: OriginsPanel,
};

/** The administrators' dashboard, with one of its panels. */
export function Dashboard({ panel }: { panel: PanelName }) {
  const { clients, userId, accountChanged } = useWorkspace();
  const [question, setQuestion] = useState<Question | null>(null);
  const [details, setDetails] = useState<Details | null>(null);
  const [done, setDone] = useState("");
  const [{ shared, close }] = useState(() => {
    const feed = openFeed(clients.admin(), accountChanged);
    const section = feed.section();
    const shared: Shared = {
      ...{ feed, userId, request: section.request, ask: setQuestion, showDetails: setDetails },
      names: openNames(section),
      alerts: openAlerts(section),
      overview: openOverview(section),
      notices: openNotices(section),
    };
    const close = (): void => {
      section.close();
      feed.close();
    };
    return { shared, close };
  });
  useEffect(() => close, [close]);
  const feed = useStore(shared.feed.state);
  useEffect(() => {
    setPageTitle(`${titleOf(panel)} · Administration`);
    setDone("");
  }, [panel]);
  const content = useRef<HTMLDivElement>(null);
  useFocusAfter(question !== null || details !== null, content);
  const Part = parts[panel];
  // A panel renders for its own reasons, not because a dialog opens.
  const part = useMemo(() => <Part key={panel} />, [Part, panel]);

  if (feed.phase === "denied") return <NotForYou text={feed.problem ?? "This page is for administrators."} />;

  return (
    <DashboardContext.Provider value={shared}>
      <Page title="Administration" aside={<FeedStatus feed={feed} />}>
        <PanelLinks current={panel} />
        <div>
          <AlertBanner />
          <p role="status" class="done" data-testid="admin-done">
            {done}
          </p>
          <div ref={content} class="panel-content" tabIndex={-1}>
            {part}
          </div>
        </div>
        {details && <DetailsDialog details={details} onClose={() => setDetails(null)} />}
        {question && <ConfirmDialog question={question} onDone={setDone} onClose={() => setQuestion(null)} />}
      </Page>
    </DashboardContext.Provider>
  );
}

/** After an action its row may be gone, and with it the button that had the focus before the dialog. */
function useFocusAfter(isOpen: boolean, content: RefObject<HTMLElement | null>): void {
  const wasOpen = useRef(false);
  useLayoutEffect(() => {
    const isOver = wasOpen.current && !isOpen;
    wasOpen.current = isOpen;
    if (isOver && document.activeElement === document.body) content.current?.focus({ preventScroll: true });
  }, [isOpen, content]);
}

function PanelLinks({ current }: { current: PanelName }) {
  const row = useRef<HTMLElement>(null);
  // On a phone the row scrolls, and the current link may be out of view.
  useLayoutEffect(() => {
    row.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current]);
  return (
    <nav ref={row} class="panels" aria-label="Administration">
      {panels.map(({ name, title }) => (
        <Link key={name} href={pathOf(name)} aria-current={name === current ? "page" : undefined}>
          {title}
        </Link>
      ))}
    </nav>
  );
}
