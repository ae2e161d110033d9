import type { RefusalCode } from "@signalbox/protocol";
import { securityTypeOf } from "../../../packages/server/src/security-log/refusal-events.ts";

/** What the server says that it has refused, in its metrics. */
interface Counted {
  readonly byCode: ReadonlyMap<string, number>;
  readonly securityEvents: number;
}

export async function readCounts(port: number): Promise<Counted> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const series = (name: string, label: string) =>
    [...text.matchAll(new RegExp(`^${name}\\{${label}="(\\w+)"\\} (\\d+)`, "gm"))].map(
      ([, key = "", count]) => [key, Number(count)] as const,
    );
  return {
    byCode: new Map(series("signalbox_refusals_total", "code")),
    securityEvents: series("signalbox_security_events_total", "type").reduce((sum, [, count]) => sum + count, 0),
  };
}

/** Codes of which clients have seen more refusals than the server has counted, and whether the security log has all. */
export function uncounted(seen: ReadonlyMap<RefusalCode, number>, { byCode, securityEvents }: Counted): string[] {
  const missing: string[] = [];
  let offences = 0;
  for (const [code, count] of seen) {
    if (securityTypeOf(code) !== undefined) offences += count;
    const counted = byCode.get(code) ?? 0;
    if (counted < count) missing.push(`${code}: seen ${count}, counted ${counted}`);
  }
  if (securityEvents < offences) missing.push(`security log: seen ${offences}, counted ${securityEvents}`);
  return missing;
}
