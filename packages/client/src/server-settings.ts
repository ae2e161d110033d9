import { type ClientConfig, namespaces } from "@signalbox/protocol";
import type { Evidence } from "./classify-failure.ts";
import type { DiagnosisCode } from "./diagnosis.ts";
import type { Probe } from "./probe.ts";

/** The server's client-config. It is read once, and again whenever the session may have changed. */
export interface ServerSettings {
  /** The latest client-config that was read. */
  readonly current: ClientConfig | undefined;
  /** Whether it was read since the last call of `forget`. */
  readonly fresh: boolean;
  /** The client's identity according to the server: changes with login, logout and role. */
  readonly identity: string;
  /**
   * Why the server would refuse these namespaces, as far as client-config already tells; undefined when only a
   * handshake can tell. This spares the server handshakes that it can only refuse, and entries in its security log.
   */
  admissionTo(namespaces: readonly string[]): DiagnosisCode | undefined;
  /** Whether client-config names a user, or admits guests. */
  admits(): boolean;
  /**
   * Reads client-config unless it is fresh. Resolves to undefined on success, otherwise to the cause of the failure.
   */
  load(): Promise<Omit<Evidence, "online"> | undefined>;
  /** The session may have changed: the next `load` sends a request. */
  forget(): void;
}

export function createServerSettings(probe: Probe): ServerSettings {
  let current: ClientConfig | undefined;
  let fresh = false;

  return {
    get current() {
      return current;
    },
    get fresh() {
      return fresh;
    },
    get identity() {
      const { user } = current ?? {};
      return user === undefined ? "" : `${user.role} ${user.user_id}`;
    },
    admissionTo(wanted) {
      if (current === undefined || current.guests) return undefined;
      if (!current.authenticated) return "not_signed_in";
      const adminOnly = wanted.length > 0 && wanted.every((namespace) => namespace === namespaces.admin);
      return adminOnly && current.user?.role !== "admin" ? "forbidden" : undefined;
    },
    admits: () => current?.authenticated || current?.guests || false,
    async load() {
      if (fresh) return undefined;
      const outcome = await probe.config();
      if (!("path" in outcome)) return outcome;
      current = outcome;
      fresh = true;
      return undefined;
    },
    forget() {
      fresh = false;
    },
  };
}
