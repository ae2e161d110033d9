import { httpStatusOf, Refusal } from "@signalbox/server";

export async function POST(request: Request): Promise<Response> {
  const { realtime } = globalThis.signalbox;
  try {
    const { userId } = await realtime.authorize(request);
    const { task_id } = await realtime.progress.create({ kind: "import", title: "Customers", owner_id: userId });
    void realtime.progress.complete(task_id, { rows: 2 });
    return Response.json({ task_id }, { status: 202 });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return Response.json({ error: error.toMessage(false) }, { status: httpStatusOf(error.code) });
  }
}
