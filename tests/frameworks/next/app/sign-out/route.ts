export async function POST(request: Request): Promise<Response> {
  globalThis.signalbox.signOut(request.headers.get("cookie"));
  return Response.json({});
}
