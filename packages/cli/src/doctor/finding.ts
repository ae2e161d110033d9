/** What one look at the server brought. */
export interface Finding {
  readonly verdict: "pass" | "warn" | "fail" | "skip";
  /** What was seen, in a sentence. */
  readonly says: string;
  /** What to change, and where. */
  readonly fix?: string;
}

export const pass = (says: string): Finding => ({ verdict: "pass", says });
export const warn = (says: string, fix: string): Finding => ({ verdict: "warn", says, fix });
export const fail = (says: string, fix: string): Finding => ({ verdict: "fail", says, fix });
export const skip = (says: string): Finding => ({ verdict: "skip", says });
