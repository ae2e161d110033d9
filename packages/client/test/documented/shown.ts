/** The documented pages keep what they receive here, for the test to look at. */
export const shown: Record<string, unknown[]> = { task: [], toast: [], bell: [], list: [], frame: [] };

export const show = (...what: unknown[]): unknown => shown.task?.push(what);
export const toast = (what: string): unknown => shown.toast?.push(what);
export const showBell = (...what: unknown[]): unknown => shown.bell?.push(what);
export const showList = (...what: unknown[]): unknown => shown.list?.push(what);
export const showFrame = (...what: unknown[]): unknown => shown.frame?.push(what);
