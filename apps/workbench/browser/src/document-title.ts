/** The title of the tab: the page, preceded by the progress of the work, visible from another tab. */

let page = "";
let progress: number | null = null;

export function setPageTitle(title: string): void {
  page = title;
  show();
}

/** @param percent - null while nothing is running */
export function setTitleProgress(percent: number | null): void {
  progress = percent;
  show();
}

function show(): void {
  document.title = `${progress === null ? "" : `${progress}\u00a0% · `}${page} · Signalbox Workbench`;
}
