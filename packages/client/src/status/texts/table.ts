import type { ConnectionStatus } from "../../connection-state.ts";
import type { DiagnosisCode } from "../../diagnosis.ts";

/** All texts of `<connection-status>` in one language. An application may provide its own. */
export interface StatusTexts {
  /** BCP 47 tag: determines the pronunciation and the format of times. */
  readonly lang: string;
  /** The status in a few words. */
  readonly headlines: Readonly<Record<ConnectionStatus, string>>;
  /** The meaning of a status, where no diagnosis explains it better. */
  readonly details: Readonly<Partial<Record<ConnectionStatus, string>>>;
  /** What is wrong, and what happens or should be done next. */
  readonly diagnoses: Readonly<Record<DiagnosisCode, string>>;
  /** Replaces the diagnosis when no automatic attempt follows. */
  readonly exhausted: string;
  /** `{time}` is replaced by a number and its unit, such as "12 seconds". */
  readonly countdown: string;
  /** Replaces the countdown while an attempt is in progress. */
  readonly attempting: string;
  readonly retry: string;
  readonly signIn: string;
  readonly debug: DebugTexts;
}

/** Labels of the details of debug mode. The codes among them are the same in every language. */
export interface DebugTexts {
  readonly title: string;
  readonly status: string;
  readonly code: string;
  readonly transport: string;
  readonly attempts: string;
  readonly hint: string;
  /** Heading of the last codes. */
  readonly recent: string;
  readonly copy: string;
  readonly copied: string;
  /** Shown when the browser denies copying: the text is displayed and selected. */
  readonly copyByHand: string;
}
