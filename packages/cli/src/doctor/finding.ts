/** The result of one check. */
export interface Finding {
  readonly verdict: "pass" | "warn" | "fail" | "skip";
  /** The observation, as a sentence. */
  readonly says: string;
  /** What to change, and where. */
  readonly fix?: string;
}

export const pass = (says: string): Finding => ({ verdict: "pass", says });
export const warn = (says: string, fix: string): Finding => ({ verdict: "warn", says, fix });
export const fail = (says: string, fix: string): Finding => ({ verdict: "fail", says, fix });
export const skip = (says: string): Finding => ({ verdict: "skip", says });
