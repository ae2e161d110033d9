/** The page of the browser's tests: a shared link over a connection that is scripted, in each tab. */
import { systemEnvironment } from "../../src/environment.ts";
import { createReporter } from "../../src/report.ts";
import { canShare, createSharedLink, type SharedLink } from "../../src/sharing/shared-link.ts";
import { createScriptedLink, type ScriptedLink } from "./scripted-link.ts";

declare global {
  interface Window {
    readonly sharing: SharingPage;
    /** Also where nothing is shared. */
    readonly canShare: boolean;
  }
}

/** What the tests see and steer of a tab. */
export interface SharingPage {
  readonly link: SharedLink;
  /** Real connections that this tab has opened, whatever became of them. */
  readonly opened: ScriptedLink[];
  readonly problems: string[];
  /** Each change of the namespace `/`, and when, in milliseconds since the epoch. */
  readonly changes: { readonly status: string; readonly at: number }[];
  readonly statuses: string[];
  readonly events: string[];
  /** What became of requests, by the name that the test gave them. */
  readonly outcomes: Record<string, unknown>;
  /** How often the page came back from the back/forward cache. */
  restored: number;
  /** Whether the server behind this tab's connection answers. */
  answering: boolean;
  ask(name: string, event: string, payload: object, idempotent: boolean): void;
  leads(): boolean;
}

function start(group: string): SharingPage {
  const problems: string[] = [];
  const opened: ScriptedLink[] = [];
  const report = createReporter(({ kind, error }) => problems.push(`${kind}: ${error}`));
  const link = createSharedLink({
    ...{ group, environment: systemEnvironment, report },
    openLink() {
      const real = createScriptedLink(Date.now, report, {
        respond: (event) => (page.answering ? { event } : undefined),
      });
      opened.push(real);
      return real;
    },
  });
  const page: SharingPage = {
    ...{ link, opened, problems, changes: [], statuses: [], events: [], outcomes: {}, restored: 0, answering: true },
    ask(name, event, payload, idempotent) {
      page.outcomes[name] = "pending";
      link.request("/", event, payload, { idempotent }).then(
        (body) => {
          page.outcomes[name] = body;
        },
        (error: { code?: unknown }) => {
          page.outcomes[name] = error.code;
        },
      );
    },
    leads: () => opened.some(({ closed }) => !closed),
  };
  link.onNamespace((namespace, { status }) => namespace === "/" && page.changes.push({ status, at: Date.now() }));
  link.state.subscribe(({ status }) => page.statuses.push(status));
  link.onEvent((namespace, event) => page.events.push(`${namespace} ${event}`));
  link.open("/");

  addEventListener("pagehide", ({ persisted }) => persisted && link.suspend());
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    page.restored += 1;
    link.resume();
  });
  document.addEventListener("freeze", () => link.suspend());
  document.addEventListener("resume", () => link.resume());
  return page;
}

const group = new URLSearchParams(location.search).get("group");
Object.assign(window, { canShare: canShare(), ...(group !== null && { sharing: start(group) }) });
