import type { Notification } from "@signalbox/protocol";
import { Moment } from "../moment.tsx";
import { NotificationLink } from "./notification-link.tsx";

interface NotificationItemProps {
  notification: Notification;
  /** Unread when the list was opened. */
  isNew: boolean;
  onFollow: () => void;
  /** Set for the notification to be acknowledged next. */
  onAcknowledge?: () => void;
}

const priorityWords = { low: null, normal: null, high: "Important", critical: "Urgent" } as const;

/** Texts are plain text: HTML appears as its characters. */
export function NotificationItem({ notification, isNew, onFollow, onAcknowledge }: NotificationItemProps) {
  const { title, body, priority, created_at } = notification;
  return (
    <li class="notification" data-priority={priority} data-testid="notification">
      <p class="notification-title">
        {isNew && <span class="badge">New</span>} <strong>{title}</strong>
      </p>
      {body !== "" && <p>{body}</p>}
      <p class="notification-foot">
        {priorityWords[priority] && <span class="notification-priority">{priorityWords[priority]}</span>}
        <Moment at={created_at} />
        <NotificationLink notification={notification} onFollow={onFollow} />
      </p>
      {onAcknowledge && (
        <button type="button" onClick={onAcknowledge}>
          Acknowledge
        </button>
      )}
    </li>
  );
}
