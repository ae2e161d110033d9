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
  /** Notices sent from this page, newest first; the server's log contains all of them. */
  readonly sent: readonly Sent[];
}

export type NoticesStore = Store<NoticesState>;

/** A notice draft survives while its author looks something up on another panel. */
export const openNotices = (section: Section): NoticesStore => section.keep({ entry: emptyNotice, sent: [] });
