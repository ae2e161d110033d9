/** An Engine.IO connection spoken by hand: what no client library would send can be sent, on either transport. */
export interface RawConnection {
  /** Frames received so far. */
  readonly frames: readonly string[];
  /** Sends frames in one burst: WebSocket frames, or one polling body, where attachments are base64. */
  send(...frames: readonly (string | Buffer)[]): void;
  /** The first frame of this kind, received already or yet to come. */
  next(matches: (frame: string) => boolean): Promise<string>;
  isOpen(): boolean;
  /** Leaves without a goodbye. */
  terminate(): void;
}
