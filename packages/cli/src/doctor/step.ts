import type { ClientConfig } from "@signalbox/protocol";
import type { Credentials } from "../credentials.ts";
import type { Door } from "./door.ts";
import type { Finding } from "./finding.ts";

/** What the doctor was asked to look at. */
export interface Patient {
  /** With the path prefix, ending with a slash. */
  readonly url: URL;
  /** The origin of the page whose requests are imitated. */
  readonly origin: string;
  readonly credentials: Credentials;
  readonly door: Door;
  /** Certificates of an authority of one's own, in PEM. */
  readonly ca: string | undefined;
}

/** What earlier steps have found out, for later ones. */
export interface Facts {
  readonly addresses?: readonly string[];
  readonly config?: ClientConfig;
  /** The transports on which a connection can be opened. */
  readonly polls?: boolean;
  readonly upgrades?: boolean;
}

export interface Outcome {
  readonly findings: readonly Finding[];
  readonly facts?: Facts;
  /** Nothing that follows can be looked at. */
  readonly isLast?: boolean;
}

export interface Step {
  readonly title: string;
  run(patient: Patient, facts: Facts): Promise<Outcome>;
}
