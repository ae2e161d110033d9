import { classifyFailure, type Evidence } from "./classify-failure.ts";
import { type Diagnosis, diagnose } from "./diagnosis.ts";
import type { Environment } from "./environment.ts";
import type { Probe } from "./probe.ts";
import type { ServerSettings } from "./server-settings.ts";

interface ExplainOptions {
  readonly environment: Environment;
  readonly probe: Probe;
  readonly settings: ServerSettings;
}

/** Evidence as it is collected; the network status is added at the end. */
export type Clues = Omit<Evidence, "online">;

/**
 * Finds out why an attempt failed, with as few requests as the evidence allows: none when the server or the system has
 * given the reason, one or two when client-config is readable, and two more to find out what answers when it is not.
 * @param clues - with a `transport` when a transport failed, without one when client-config could not be read
 */
export async function explainFailure(
  clues: Clues,
  { environment, probe, settings }: ExplainOptions,
): Promise<Diagnosis> {
  let known = clues;
  if (!isCertain(known) && clues.transport !== undefined && environment.online()) {
    settings.forget();
    const trouble = await settings.load();
    known = trouble === undefined ? { ...clues, configReadable: true } : { transport: clues.transport, ...trouble };
  }
  // Browsers hide why an upgrade was refused. Over HTTP the same endpoint gives the reason.
  if (known.configReadable && known.transport === "websocket") {
    known = { ...known, ...(await probe.door(settings.current?.path ?? "")) };
  }
  const answered = isCertain(known) || known.configReadable || known.timedOut || known.reachable !== undefined;
  if (!answered && environment.online()) known = { ...known, reachable: await probe.reachable() };
  // A server that comes back between two requests would look as if it refused this page's origin.
  if (known.reachable === "server" && (await settings.load()) === undefined) return diagnose("connection_lost");
  return classifyFailure({ ...known, online: environment.online() });
}

const isCertain = ({ refusal, systemCode, tokenFailed }: Clues): boolean =>
  refusal !== undefined || systemCode !== undefined || tokenFailed === true;
