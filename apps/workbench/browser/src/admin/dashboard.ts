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

/** The shared services that every panel of the dashboard may use. */
export interface Dashboard {
  readonly feed: Feed;
  readonly names: Names;
  readonly alerts: AlertsStore;
  /** These stores stay up to date while other panels are shown. */
  readonly overview: OverviewStore;
  readonly notices: NoticesStore;
  /** The administrator's own id. */
  readonly userId: string;
  readonly request: Section["request"];
  /** Asks for confirmation, then acts and reports the result. */
  ask(question: Question): void;
  /** Shows all details of one row. */
  showDetails(details: Details): void;
}

export const DashboardContext = createContext<Dashboard | null>(null);

export function useDashboard(): Dashboard {
  const dashboard = useContext(DashboardContext);
  if (!dashboard) throw new Error("No dashboard: render this inside DashboardContext.");
  return dashboard;
}

/** Opens a store on the feed for as long as the component is mounted. */
export function useFeed<Opened>(open: (section: Section) => Opened): Opened {
  const { feed } = useDashboard();
  const [{ opened, close }] = useState(() => {
    const section = feed.section();
    return { opened: open(section), close: section.close };
  });
  useEffect(() => close, [close]);
  return opened;
}

/** Returns the name of a user, as far as it is known. */
export function useNames(): (userId: string) => string {
  const { names } = useDashboard();
  useStore(names.state);
  return names.of;
}
