/** The parts of the dashboard, each with an address of its own. The first one is what the dashboard opens with. */
export const panels = [
  { name: "overview", title: "Overview" },
  { name: "connections", title: "Connections" },
  { name: "tasks", title: "Tasks" },
  { name: "security", title: "Security log" },
  { name: "blocks", title: "Blocks" },
  { name: "rooms", title: "Rooms" },
  { name: "notices", title: "Notices" },
  { name: "health", title: "Health" },
  { name: "settings", title: "Settings" },
  { name: "origins", title: "Origins" },
] as const;

export type PanelName = (typeof panels)[number]["name"];

export const pathOf = (name: PanelName): string => (name === panels[0].name ? "/admin" : `/admin/${name}`);

/** The part at an address; undefined for an address of something else. */
export const panelAt = (path: string): PanelName | undefined => panels.find(({ name }) => pathOf(name) === path)?.name;

export const titleOf = (name: PanelName): string => panels.find((panel) => panel.name === name)?.title ?? "";
