/** Something that the contract does not explain. */
export interface Finding {
  /** What was broken, in words that are the same each time. */
  readonly rule: string;
  /** What was seen the first time. */
  readonly detail: string;
  /** Cases that were under way at that time. */
  readonly cases: readonly number[];
  times: number;
}

export interface Findings {
  add(rule: string, detail: string, cases: readonly number[]): void;
  all(): readonly Finding[];
}

/** Keeps one finding for each rule: a broken rule is broken a thousand times. */
export function createFindings(): Findings {
  const findings = new Map<string, Finding>();
  return {
    add(rule, detail, cases) {
      const known = findings.get(rule);
      if (known === undefined) findings.set(rule, { rule, detail: detail.slice(0, 2000), cases, times: 1 });
      else known.times += 1;
    },
    all: () => [...findings.values()],
  };
}
