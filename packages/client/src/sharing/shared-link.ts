import type { Environment } from "../environment.ts";
import type { Link } from "../link.ts";
import type { Reporter } from "../report.ts";
import { createFollower } from "./follower.ts";
import { joinGroup } from "./group.ts";

export interface SharedLinkOptions {
  /** Opens the real connection; called when this tab becomes the leader. */
  openLink(): Link;
  /** Tabs with the same name share a connection: the name must identify the user and the server. */
  readonly group: string;
  readonly environment: Environment;
  readonly report: Reporter;
  /** Default: the platform's. */
  readonly locks?: LockManager;
  /** Default: the platform's. */
  readonly openChannel?: (name: string) => BroadcastChannel;
}

export interface SharedLink extends Link {
  /**
   * The page is about to be frozen or stored: it gives up the lead, because a leader that does not run would block the
   * others.
   */
  suspend(): void;
  /** The page is running again. */
  resume(): void;
}

/**
 * Whether the platform supports sharing. Pages of an opaque origin have the APIs but cannot use them; insecure pages
 * lack them.
 */
export const canShare = (): boolean =>
  globalThis.document !== undefined &&
  globalThis.origin !== "null" &&
  globalThis.navigator?.locks !== undefined &&
  globalThis.BroadcastChannel !== undefined;

/** A link that shares one connection with the other tabs of the same user. */
export function createSharedLink({
  environment,
  report,
  locks = navigator.locks,
  openChannel = (name) => new BroadcastChannel(name),
  ...options
}: SharedLinkOptions): SharedLink {
  const follower = createFollower(environment, report);
  const join = (): (() => void) => joinGroup({ ...options, follower, report, locks, openChannel });
  let closed = false;
  let leave: (() => void) | undefined = join();

  function stop(end: () => void): void {
    end();
    leave?.();
    leave = undefined;
  }

  return {
    ...follower.link,
    suspend() {
      if (leave !== undefined) stop(follower.suspend);
    },
    resume() {
      if (closed || leave !== undefined) return;
      follower.resume();
      leave = join();
    },
    close() {
      if (closed) return;
      closed = true;
      stop(follower.close);
    },
  };
}
