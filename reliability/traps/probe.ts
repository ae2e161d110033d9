import type { Attacker } from "./attacker.ts";

/** What an attack came to. */
export interface Finding {
  readonly open: boolean;
  /** What was seen, in a few words and numbers. */
  readonly seen: string;
}

/** One attack, the same on every target. */
export interface Probe {
  /** As in the table: `T1` to `T14` are traps in Socket.IO, `A` to `G` kinds of cases. */
  readonly id: string;
  /** What must not be possible. */
  readonly rule: string;
  /** Waits for a limit of time to pass: such probes run beside each other, the rest one after the other. */
  readonly patient?: true;
  run(attacker: Attacker): Promise<Finding>;
}
