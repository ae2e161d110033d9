import type { FastifyInstance } from "fastify";
import { deviceCookie, deviceReference, isDeviceToken } from "../accounts/devices.ts";

/**
 * Returns the reference of the browser, by which a page recognises notices about itself. Scripts cannot read the
 * cookie.
 */
export function deviceRoute(app: FastifyInstance): void {
  app.get("/api/device", async ({ headers }) => {
    const cookies = (headers.cookie ?? "").split(";").map((each) => each.trim());
    const token = cookies.find((each) => each.startsWith(`${deviceCookie}=`))?.slice(deviceCookie.length + 1);
    return { device: isDeviceToken(token) ? deviceReference(token) : null };
  });
}
