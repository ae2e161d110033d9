import { type Audience, noticeLimits, type Priority, priorities } from "@signalbox/protocol";
import { useEffect, useState } from "preact/hooks";
import { useDashboard } from "../../admin/dashboard.ts";
import {
  checkNotice,
  emptyNotice,
  type NoticeEntry,
  type NoticeProblems,
  noticeOf,
  problemsOf,
} from "../../admin/notice-entry.ts";
import { useStore } from "../../store.ts";
import { isConnectionError } from "../../use-problem.ts";
import { Field, SelectField, TextField } from "../field.tsx";
import { ExactMoment } from "../moment.tsx";
import { NoticePreview } from "./notice-preview.tsx";
import { Panel } from "./panel.tsx";

/** Composes a notice, shows it as users will see it, and sends it after a confirmation. */
export function NoticesPanel() {
  const { request, ask, names, notices } = useDashboard();
  const known = useStore(names.state);
  useEffect(names.look, [names]);
  const { entry, sent } = useStore(notices);
  const [problems, setProblems] = useState<NoticeProblems>({});
  const change = (fields: Partial<NoticeEntry>): void => notices.patch({ entry: { ...entry, ...fields } });

  function submit(form: HTMLFormElement): void {
    const found = checkNotice(entry);
    setProblems(found);
    if (Object.keys(found).length > 0) return focusFirst(form, found);
    const { audience, notification } = noticeOf(entry);
    const whom = audienceWords(audience, names.of);
    ask({
      title: `Send to ${whom}?`,
      text: `“${notification.title}” is shown to ${whom} at once, and to absent users when they return. It cannot be undone.`,
      action: "Send",
      async proceed() {
        try {
          await request("admin_notification", { audience, notification });
        } catch (error) {
          // The dialog reports connection errors: nothing in the form caused them.
          if (!isConnectionError(error)) setProblems(problemsOf(error));
          throw error;
        }
        const { audience: kind, userId, role, roomId } = entry;
        notices.set({
          entry: { ...emptyNotice, audience: kind, userId, role, roomId },
          sent: [{ at: new Date().toISOString(), title: notification.title, audience: whom }, ...sent],
        });
        return `Sent “${notification.title}” to ${whom}.`;
      },
    });
  }

  const text = (name: keyof NoticeEntry) => ({
    name,
    value: String(entry[name]),
    problem: problems[name],
    autocomplete: "off" as const,
    onInput: (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
      change({ [name]: event.currentTarget.value }),
  });

  return (
    <Panel title="Notices" problem={problems.form ?? null}>
      <div class="compose">
        <form
          class="panel"
          data-testid="notice-form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            submit(event.currentTarget);
          }}
        >
          <SelectField
            name="audience"
            label="For"
            options={audiences}
            value={entry.audience}
            onChange={(event) => change({ audience: event.currentTarget.value as NoticeEntry["audience"] })}
          />
          {entry.audience === "user" && (
            <>
              <Field
                {...text("userId")}
                label="User id"
                list="known-users"
                maxLength={128}
                hint="Connected users are suggested."
              />
              <datalist id="known-users">
                {[...known].map(([id, name]) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </datalist>
            </>
          )}
          {entry.audience === "role" && (
            <SelectField
              name="role"
              label="Role"
              options={[
                ["user", "Users and administrators"],
                ["admin", "Administrators"],
              ]}
              value={entry.role}
              onChange={(event) => change({ role: event.currentTarget.value as NoticeEntry["role"] })}
            />
          )}
          {entry.audience === "room" && (
            <Field
              {...text("roomId")}
              label="Room"
              maxLength={128}
              hint="Reaches users who are in the room when the notice is sent."
            />
          )}
          <SelectField
            name="priority"
            label="Priority"
            options={priorities.map((priority) => [priority, priorityWords[priority]])}
            value={entry.priority}
            onChange={(event) => change({ priority: event.currentTarget.value as Priority })}
          />
          <Field {...text("title")} label="Title" hint={roomLeft(entry.title, noticeLimits.title)} />
          <TextField {...text("body")} label="Text" rows={5} hint={roomLeft(entry.body, noticeLimits.body)} />
          <Field {...text("link")} label="Link (optional)" type="url" inputMode="url" />
          <Field {...text("expires")} label="Expires (optional)" type="datetime-local" hint="Default: 30 days." />
          <label class="check">
            <input
              type="checkbox"
              name="requiresAck"
              checked={entry.requiresAck}
              onChange={(event) => change({ requiresAck: event.currentTarget.checked })}
            />
            Requires acknowledgement
          </label>
          <div class="actions">
            <button type="submit" class="primary" data-testid="send-notice">
              Send…
            </button>
          </div>
        </form>
        <NoticePreview entry={entry} />
      </div>
      {sent.length > 0 && (
        <>
          <h3>Sent from here</h3>
          <ul class="sent" data-testid="sent-notices">
            {sent.map(({ at, title, audience }) => (
              <li key={at}>
                <ExactMoment at={at} /> · “{title}” to {audience}
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

const audiences: readonly [NoticeEntry["audience"], string][] = [
  ["everyone", "Everyone"],
  ["user", "One user"],
  ["role", "A role"],
  ["room", "A room"],
];

const priorityWords: Record<Priority, string> = {
  low: "Low: list only",
  normal: "Normal",
  high: "High",
  critical: "Critical: must not be missed",
};

function audienceWords(audience: Audience, nameOf: (userId: string) => string): string {
  if (audience === "everyone") return "everyone";
  if ("user_id" in audience) return nameOf(audience.user_id);
  if ("room_id" in audience) return `room ${audience.room_id}`;
  return audience.role === "admin" ? "all administrators" : "all users";
}

const roomLeft = (text: string, limit: number): string => `${text.length} of ${limit} characters`;

function focusFirst(form: HTMLFormElement, problems: NoticeProblems): void {
  const [first] = Object.keys(problems);
  const field = form.elements.namedItem(first ?? "");
  if (field instanceof HTMLElement) field.focus();
}
