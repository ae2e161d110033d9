import type { Store } from "../store.ts";
import type { Section } from "./feed.ts";
import { emptyNotice, type NoticeEntry } from "./notice-entry.ts";

interface Sent {
  readonly at: string;
  readonly title: string;
  readonly audience: string;
}

interface NoticesState {
  readonly entry: NoticeEntry;
  /** From here, newest first; the server's log knows of all of them. */
  readonly sent: readonly Sent[];
}

export type NoticesStore = Store<NoticesState>;

/** A notice that is being written stays while its writer looks something up on another panel. */
export const openNotices = (section: Section): NoticesStore => section.keep({ entry: emptyNotice, sent: [] });
