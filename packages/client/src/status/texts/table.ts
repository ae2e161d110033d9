import type { ConnectionStatus } from "../../connection-state.ts";
import type { DiagnosisCode } from "../../diagnosis.ts";

/** Everything that `<connection-status>` says, in one language. An application may write its own. */
export interface StatusTexts {
  /** BCP 47 tag: how the words are pronounced, and how times are written. */
  readonly lang: string;
  /** The status in a few words. */
  readonly headlines: Readonly<Record<ConnectionStatus, string>>;
  /** What a status means where no diagnosis says it better. */
  readonly details: Readonly<Partial<Record<ConnectionStatus, string>>>;
  /** What is wrong, and what happens or should be done next. */
  readonly diagnoses: Readonly<Record<DiagnosisCode, string>>;
  /** In place of the diagnosis once no attempt follows by itself. */
  readonly exhausted: string;
  /** `{time}` becomes a number and its unit, such as "12 seconds". */
  readonly countdown: string;
  /** In place of the countdown while an attempt is being made. */
  readonly attempting: string;
  readonly retry: string;
  readonly signIn: string;
  readonly debug: DebugTexts;
}

/** The words around the details of debug mode; the codes among them are the same in every language. */
export interface DebugTexts {
  readonly title: string;
  readonly status: string;
  readonly code: string;
  readonly transport: string;
  readonly attempts: string;
  readonly hint: string;
  /** Above the last codes. */
  readonly recent: string;
  readonly copy: string;
  readonly copied: string;
  /** The browser does not let the page copy; the text is shown, selected. */
  readonly copyByHand: string;
}
