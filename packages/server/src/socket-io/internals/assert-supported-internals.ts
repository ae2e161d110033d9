import type { Server as EngineServer } from "engine.io";
import type { Log } from "../../core/ports.ts";
import { installedVersion } from "./installed-version.ts";
import { type Member, members } from "./members.ts";
import { createProbe } from "./probe.ts";
import { supportedVersions } from "./supported-versions.ts";

/**
 * Checks at start that the private members that Signalbox relies on still behave as expected. Without a member that a
 * guard relies on, the server would be open in some way, so it does not start.
 * @returns whether the fast paths may be taken; if not, that is in the log
 * @throws Error that names the dependency, the installed version and the supported ones
 */
export function assertSupportedInternals(engine: EngineServer, log: Log): boolean {
  const missing = missingMembers(engine);
  const guard = missing.find((member) => member.for === "guard");
  if (guard !== undefined) throw new Error(`Signalbox does not start: ${sentenceOf(guard)}`);
  for (const member of missing) {
    log.warn({ used_by: member.usedBy }, `Signalbox is slower than it could be: ${sentenceOf(member)}`);
  }
  return missing.length === 0;
}

function missingMembers(engine: EngineServer): Member[] {
  const probe = createProbe(engine);
  try {
    return members.filter((member) => {
      try {
        return !member.works(probe);
      } catch {
        return true;
      }
    });
  } finally {
    probe.close();
  }
}

const sentenceOf = ({ name, of }: Member): string =>
  `${of} ${installedVersion(of)} has no "${name}" as versions ${supportedVersions[of]} have. Install one of those.`;
