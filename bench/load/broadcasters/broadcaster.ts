/** Makes a peer broadcast to everybody who is connected. */
export interface Broadcaster {
  /** Asks for one turn of the event loop with several broadcasts. */
  turn(broadcasts: number, bytes: number): void;
  close(): void;
}
