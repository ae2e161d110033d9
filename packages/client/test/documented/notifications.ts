/** Quoted in docs/client.md. */
import type { Notification } from "@signalbox/protocol";
import { clients } from "./client.ts";
import { showBell, toast } from "./shown.ts";

// #region notifications

import { openNotifications } from "@signalbox/client/notifications";

const centre = openNotifications(clients);
// Newest first.
centre.subscribe(({ phase, unread, notifications }) => showBell(phase, unread, notifications));
// Each once, in order, over interruptions.
centre.onArrived(({ title }) => toast(title));

// Everything up to there has been read, in all tabs.
export const read = ({ seq }: Notification) => centre.markRead(seq);
// Of what has `requires_ack`: when a person has acknowledged it.
export const acknowledge = ({ seq }: Notification) => centre.acknowledge(seq);
// #endregion
