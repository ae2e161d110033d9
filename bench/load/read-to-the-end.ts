import type { ResumeAnswer } from "./commands.ts";
import type { Crowd } from "./crowd.ts";

/** What lies in the system's own buffers is read by then, and the end behind it. */
const readMs = 2000;

/** Lets a paused client read on, and tells whether the server has closed it and with which code. */
export function readToTheEnd(crowd: Crowd, index: number): Promise<ResumeAnswer> {
  return new Promise((resolve) => {
    const client = crowd.client(index);
    if (client === undefined) return resolve({ closed: true, code: null });
    const timer = setTimeout(() => resolve({ closed: false, code: null }), readMs);
    crowd.onClosed = (who, code) => {
      if (who !== client) return;
      clearTimeout(timer);
      resolve({ closed: true, code: code ?? null });
    };
    client.resume();
  });
}
