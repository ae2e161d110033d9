import type { RequestError } from "../../src/link.ts";
import { createReporter, type Problem } from "../../src/report.ts";
import { createSharedLink, type SharedLink } from "../../src/sharing/shared-link.ts";
import { manualEnvironment } from "../unit/manual-environment.ts";
import { createFakeBrowser, type FakeBrowser, type FakeTab, settled } from "./fake-browser.ts";
import { createScriptedLink, type Script, type ScriptedLink } from "./scripted-link.ts";

export interface TestTab {
  readonly link: SharedLink;
  readonly platform: FakeTab;
  /** Every real link that this tab has opened. */
  readonly opened: ScriptedLink[];
  readonly problems: Problem[];
  /** `connecting`, ...: each status that the tab saw after the first, repeated ones once. */
  readonly statuses: string[];
  /** `/ open`, ...: what became of namespaces. */
  readonly namespaces: string[];
  /** `/ progress_update`, ...: the events that came. */
  readonly events: string[];
}

export interface World {
  readonly browser: FakeBrowser;
  readonly environment: ReturnType<typeof manualEnvironment>;
  /** @param platform - default: a tab of its own */
  openTab(group?: string, platform?: FakeTab): TestTab;
  openTabs(count: number): Promise<TestTab[]>;
  /** The real links that are open. */
  live(): ScriptedLink[];
  /** The one that all share. */
  leading(): ScriptedLink;
}

/** Tabs of one browser, with one scripted real connection for the leading tab. */
export function createWorld(script: Script = {}): World {
  const browser = createFakeBrowser();
  const environment = manualEnvironment();
  const links: { platform: FakeTab; link: ScriptedLink }[] = [];
  const dead = new Set<FakeTab>();
  const live = (): ScriptedLink[] =>
    links.flatMap(({ platform, link }) => (link.closed || dead.has(platform) ? [] : [link]));

  function openTab(group = "ada", platform = browser.openTab()): TestTab {
    const kill = platform.kill;
    platform.kill = () => {
      dead.add(platform);
      kill();
    };
    const problems: Problem[] = [];
    const opened: ScriptedLink[] = [];
    const report = createReporter((problem) => problems.push(problem));
    const link = createSharedLink({
      ...{ group, environment, report, locks: platform.locks, openChannel: platform.openChannel },
      openLink() {
        const real = createScriptedLink(environment.now, report, script);
        links.push({ platform, link: real });
        opened.push(real);
        return real;
      },
    });
    const tab: TestTab = { link, platform, opened, problems, statuses: [], namespaces: [], events: [] };
    link.state.subscribe(({ status }) => {
      if ((tab.statuses.at(-1) ?? "idle") !== status) tab.statuses.push(status);
    });
    link.onNamespace((namespace, { status }) => tab.namespaces.push(`${namespace} ${status}`));
    link.onEvent((namespace, event) => tab.events.push(`${namespace} ${event}`));
    return tab;
  }

  return {
    browser,
    environment,
    openTab,
    async openTabs(count) {
      const tabs = Array.from({ length: count }, () => openTab());
      await settled();
      return tabs;
    },
    live,
    leading() {
      const [link, second] = live();
      if (link === undefined || second !== undefined) throw new Error(`${live().length} connections are open.`);
      return link;
    },
  };
}

/** What became of a promise, as far as it has come. */
export function outcomeOf(promise: Promise<object>): { value: unknown } {
  const outcome: { value: unknown } = { value: "pending" };
  promise.then(
    (body) => {
      outcome.value = body;
    },
    (error: RequestError) => {
      outcome.value = error.code;
    },
  );
  return outcome;
}
