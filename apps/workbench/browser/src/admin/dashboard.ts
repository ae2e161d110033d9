import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { useStore } from "../store.ts";
import type { AlertsStore } from "./alerts-store.ts";
import type { Details } from "./details.ts";
import type { Feed, Section } from "./feed.ts";
import type { Names } from "./names.ts";
import type { NoticesStore } from "./notices-store.ts";
import type { OverviewStore } from "./overview-store.ts";
import type { Question } from "./questions.ts";

/** What every panel of the dashboard may use. */
export interface Dashboard {
  readonly feed: Feed;
  readonly names: Names;
  readonly alerts: AlertsStore;
  /** Kept up while other panels are looked at. */
  readonly overview: OverviewStore;
  readonly notices: NoticesStore;
  /** The administrator's own id. */
  readonly userId: string;
  readonly request: Section["request"];
  /** Asks before it acts, and says what was done. */
  ask(question: Question): void;
  /** Shows everything about one row. */
  showDetails(details: Details): void;
}

export const DashboardContext = createContext<Dashboard | null>(null);

export function useDashboard(): Dashboard {
  const dashboard = useContext(DashboardContext);
  if (!dashboard) throw new Error("No dashboard: render this inside DashboardContext.");
  return dashboard;
}

/** Opens a store on the feed for as long as the component is there. */
export function useFeed<Opened>(open: (section: Section) => Opened): Opened {
  const { feed } = useDashboard();
  const [{ opened, close }] = useState(() => {
    const section = feed.section();
    return { opened: open(section), close: section.close };
  });
  useEffect(() => close, [close]);
  return opened;
}

/** What a user is called, as far as it is known. */
export function useNames(): (userId: string) => string {
  const { names } = useDashboard();
  useStore(names.state);
  return names.of;
}
