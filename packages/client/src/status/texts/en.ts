import { type DiagnosisCode, diagnoses } from "../../diagnosis.ts";
import type { StatusTexts } from "./table.ts";

/** English texts, the element's default. */
export const en: StatusTexts = {
  lang: "en",
  headlines: {
    idle: "Not connected",
    connecting: "Connecting…",
    connected: "Connected",
    reconnecting: "Reconnecting…",
    suspended: "Paused",
    offline: "No network connection",
    auth_required: "Not signed in",
    refused: "No access",
    closed: "Disconnected",
  },
  details: {
    suspended: "This page is asleep. We reconnect when you return to it.",
    closed: "This page has closed the connection.",
  },
  // The table of diagnoses is written in English; its sentences are used unchanged.
  diagnoses: Object.fromEntries(Object.entries(diagnoses).map(([code, { message }]) => [code, message])) as Record<
    DiagnosisCode,
    string
  >,
  exhausted: "We have stopped trying. You can try again at any time.",
  countdown: "Next attempt in {time}",
  attempting: "Trying now…",
  retry: "Try now",
  signIn: "Sign in",
  debug: {
    title: "Connection details",
    status: "Status",
    code: "Code",
    transport: "Transport",
    attempts: "Attempts",
    hint: "Hint",
    recent: "Last codes",
    copy: "Copy as text",
    copied: "Copied.",
    copyByHand: "Copying is not possible here. Please copy the selected text.",
  },
};
