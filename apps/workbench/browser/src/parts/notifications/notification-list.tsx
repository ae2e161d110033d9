import { useEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../../store.ts";
import { useProblem } from "../../use-problem.ts";
import { useWorkspace } from "../../workspace.ts";
import { BackgroundChoice } from "./background-choice.tsx";
import { NotificationItem } from "./notification-item.tsx";

/** The latest notifications. Viewing them marks them as read, except those that the user has to acknowledge. */
export function NotificationList({ onLeave }: { onLeave: () => void }) {
  const { notifications: inbox } = useWorkspace();
  const { phase, notifications, latest_seq, acknowledged_seq, read_seq } = useStore(inbox.state);
  const [readBefore] = useState(read_seq);
  const section = useRef<HTMLElement>(null);
  const [problem, setProblem] = useProblem();

  useEffect(() => {
    if (latest_seq > read_seq) inbox.markRead(latest_seq).catch(setProblem);
  }, [inbox, latest_seq, acknowledged_seq]);

  // The oldest is acknowledged first: acknowledging a notification includes all earlier ones.
  const pending = notifications.filter(({ requires_ack, seq }) => requires_ack && seq > acknowledged_seq).at(-1);

  async function acknowledge(seq: number): Promise<void> {
    try {
      await inbox.acknowledge(seq);
      setProblem(null);
      // The button is gone; without this the focus would be lost.
      section.current?.focus();
    } catch (error) {
      setProblem(error);
    }
  }

  return (
    <section
      id="notifications"
      ref={section}
      tabIndex={-1}
      class="notifications"
      aria-label="Notifications"
      data-testid="notifications"
      data-state={phase}
    >
      <h2>Notifications</h2>
      {phase === "loading" && <p class="hint">Loading…</p>}
      {phase === "stale" && <p class="hint">Not connected: this may be old.</p>}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {phase !== "loading" && notifications.length === 0 && (
        <p class="empty">Nothing yet. When a batch is ready, you read it here.</p>
      )}
      {notifications.length > 0 && (
        <ul>
          {notifications.map((notification) => (
            <NotificationItem
              key={notification.id}
              notification={notification}
              isNew={notification.seq > readBefore}
              onFollow={onLeave}
              {...(notification === pending && { onAcknowledge: () => void acknowledge(notification.seq) })}
            />
          ))}
        </ul>
      )}
      <BackgroundChoice />
    </section>
  );
}
