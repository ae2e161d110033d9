/** The panels of the dashboard, each with its own address. The dashboard opens with the first one. */
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

/** The panel at an address; undefined for any other address. */
export const panelAt = (path: string): PanelName | undefined => panels.find(({ name }) => pathOf(name) === path)?.name;

export const titleOf = (name: PanelName): string => panels.find((panel) => panel.name === name)?.title ?? "";
