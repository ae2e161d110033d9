/** A route handler as in Next's App Router: quoted in docs/sessions.md. */
import type { Realtime } from "@signalbox/server";

declare global {
  var realtime: Realtime;
}

const practice = { start: async (userId: string): Promise<string> => `task-of-${userId}` };

// #region route
export async function POST(request: Request): Promise<Response> {
  const { userId } = await globalThis.realtime.authorize(request);
  return Response.json({ task_id: await practice.start(userId) }, { status: 202 });
}
// #endregion
