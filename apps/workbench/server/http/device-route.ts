import type { FastifyInstance } from "fastify";
import { deviceCookie, deviceReference, isDeviceToken } from "../accounts/devices.ts";

/** Tells a page the reference of its own browser, by which it knows notices about itself. Its cookie is not for scripts. */
export function deviceRoute(app: FastifyInstance): void {
  app.get("/api/device", async ({ headers }) => {
    const cookies = (headers.cookie ?? "").split(";").map((each) => each.trim());
    const token = cookies.find((each) => each.startsWith(`${deviceCookie}=`))?.slice(deviceCookie.length + 1);
    return { device: isDeviceToken(token) ? deviceReference(token) : null };
  });
}
