import type { Notification } from "@signalbox/protocol";
import { Link } from "../../router.tsx";

interface NotificationLinkProps {
  notification: Notification;
  onFollow: () => void;
}

/** Pages of the workbench are opened in place. Others get a tab of their own, and nothing of ours. */
export function NotificationLink({ notification: { link, title }, onFollow }: NotificationLinkProps) {
  if (link === undefined) return null;
  const { origin, host } = new URL(link);
  if (origin === window.location.origin) {
    return (
      <span onClickCapture={() => queueMicrotask(onFollow)}>
        <Link href={link} aria-label={`Open: ${title}`}>
          Open
        </Link>
      </span>
    );
  }
  return (
    <a href={link} target="_blank" rel="noopener noreferrer">
      {host}
    </a>
  );
}
