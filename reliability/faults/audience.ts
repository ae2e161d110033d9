/** Messages between the process of the clients that watch and the process that puts faults in. */

export interface ClientPlan {
  readonly name: string;
  readonly user: string;
  readonly session: string;
  readonly pollingOnly: boolean;
}

/** What can be done to a client's line; packages/client/test/support/bad-line.ts says what each does. */
export type Disturbance = "cut" | "freeze" | "thaw" | "lose" | "restore";

export interface AudienceStatus {
  /** States that applications have received so far. */
  readonly told: number;
  /** Of the clients that were asked about, how many are connected, on WebSocket, and watching. */
  readonly connected: number;
  readonly upgraded: number;
  readonly watching: number;
  /** The first clients that are not well, in words. */
  readonly stuck: readonly string[];
}

/** So many clients of each user, on both transports. */
export function planAudience(users: number, clientsPerUser: number): ClientPlan[] {
  return Array.from({ length: users * clientsPerUser }, (_, index) => {
    const user = `user-${Math.floor(index / clientsPerUser) + 1}`;
    const number = (index % clientsPerUser) + 1;
    return { name: `${user}.${number}`, user, session: `${user}~${number}`, pollingOnly: number % 3 === 0 };
  });
}
