export async function POST(request: Request): Promise<Response> {
  const { username } = (await request.json()) as { username: string };
  return Response.json({}, { headers: { "set-cookie": globalThis.signalbox.signIn(username) } });
}
