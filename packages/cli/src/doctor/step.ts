import type { ClientConfig } from "@signalbox/protocol";
import type { Credentials } from "../credentials.ts";
import type { Finding } from "./finding.ts";
import type { HttpClient } from "./http-client.ts";

/** What the doctor examines. */
export interface Patient {
  /** With the path prefix, ending with a slash. */
  readonly url: URL;
  /** The origin of the page whose requests are imitated. */
  readonly origin: string;
  readonly credentials: Credentials;
  readonly http: HttpClient;
  /** Certificates of a private authority, in PEM. */
  readonly ca: string | undefined;
}

/** What earlier steps have found, for later ones. */
export interface Facts {
  readonly addresses?: readonly string[];
  readonly config?: ClientConfig;
  /** The transports that can open a connection. */
  readonly polls?: boolean;
  readonly upgrades?: boolean;
}

export interface Outcome {
  readonly findings: readonly Finding[];
  readonly facts?: Facts;
  /** No later step can run. */
  readonly isLast?: boolean;
}

export interface Step {
  readonly title: string;
  run(patient: Patient, facts: Facts): Promise<Outcome>;
}
