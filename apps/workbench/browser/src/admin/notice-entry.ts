import { RequestError } from "@signalbox/client";
import { type Audience, type Notice, noticeLimits, type Priority } from "@signalbox/protocol";
import { sentenceOf } from "../http.ts";

/** The current input of the form. */
export interface NoticeEntry {
  readonly audience: "everyone" | "user" | "role" | "room";
  readonly userId: string;
  readonly role: "user" | "admin";
  readonly roomId: string;
  readonly priority: Priority;
  readonly title: string;
  readonly body: string;
  readonly link: string;
  /** In the format of `datetime-local`: without a zone, in this computer's. Empty for the server's default. */
  readonly expires: string;
  readonly requiresAck: boolean;
}

export type NoticeProblems = Partial<Record<keyof NoticeEntry | "form", string>>;

export const emptyNotice: NoticeEntry = {
  ...{ audience: "everyone", userId: "", role: "user", roomId: "", priority: "normal" },
  ...{ title: "", body: "", link: "", expires: "", requiresAck: false },
};

/** The type of this page's notices, to distinguish them from the application's. */
const type = "announcement";

/** Validates the input and returns problems by field; the server validates everything again. */
export function checkNotice(entry: NoticeEntry): NoticeProblems {
  const problems: NoticeProblems = {};
  if (entry.audience === "user" && entry.userId.trim() === "") problems.userId = "Say for which user it is.";
  if (entry.audience === "room" && entry.roomId.trim() === "") problems.roomId = "Say for which room it is.";
  if (entry.title.trim() === "") problems.title = "A notice needs a title.";
  if (entry.title.length > noticeLimits.title) problems.title = tooLong(noticeLimits.title);
  if (entry.body.length > noticeLimits.body) problems.body = tooLong(noticeLimits.body);
  if (entry.link !== "" && !isWebAddress(entry.link)) {
    problems.link = "Must be a whole address that begins with http:// or https://.";
  } else if (entry.link.length > noticeLimits.link) problems.link = tooLong(noticeLimits.link);
  if (entry.expires !== "" && !(Date.parse(entry.expires) > Date.now())) problems.expires = "Must be in the future.";
  return problems;
}

const tooLong = (limit: number): string => `Must be at most ${limit} characters.`;

function isWebAddress(text: string): boolean {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  return protocol === "http:" || protocol === "https:";
}

/** Builds the request for a valid entry. */
export function noticeOf(entry: NoticeEntry): { audience: Audience; notification: Notice } {
  const { priority, body, link, expires } = entry;
  return {
    audience: audienceOf(entry),
    notification: {
      ...{ type, priority, body, title: entry.title.trim(), requires_ack: entry.requiresAck },
      ...(link !== "" && { link }),
      ...(expires !== "" && { expires_at: new Date(expires).toISOString() }),
    },
  };
}

function audienceOf({ audience, userId, role, roomId }: NoticeEntry): Audience {
  if (audience === "user") return { user_id: userId.trim() };
  if (audience === "role") return { role };
  return audience === "room" ? { room_id: roomId.trim() } : "everyone";
}

/** Maps the paths of the server's schema to the fields of the form. */
const fields: Record<string, keyof NoticeEntry> = {
  "notification.title": "title",
  "notification.body": "body",
  "notification.link": "link",
  "notification.expires_at": "expires",
  "notification.priority": "priority",
  audience: "audience",
  "audience.user_id": "userId",
  "audience.room_id": "roomId",
};

/** Maps a refusal to the field that it names; in production the server names none. */
export function problemsOf(error: unknown): NoticeProblems {
  const hint = error instanceof RequestError ? error.refusal?.hint : undefined;
  const [, path = "", message = ""] = /^([\w.]+): (.*)$/.exec(hint ?? "") ?? [];
  const field = fields[path];
  if (field !== undefined) return { [field]: `Refused: ${message}.` };
  return { form: hint === undefined ? sentenceOf(error) : `${sentenceOf(error)} ${hint}` };
}
