/**
 * An Engine.IO connection that the test drives frame by frame: it can send what no client library would, on either
 * transport.
 */
export interface RawConnection {
  /** Frames received so far. */
  readonly frames: readonly string[];
  /** Sends frames in one burst: WebSocket frames, or one polling body, where attachments are base64. */
  send(...frames: readonly (string | Buffer)[]): void;
  /** The first frame of this kind, already received or still to come. */
  next(matches: (frame: string) => boolean): Promise<string>;
  isOpen(): boolean;
  /** Ends the connection without a close packet. */
  terminate(): void;
}
