import type { Notify } from "@signalbox/server";
import { deviceReference } from "../accounts/devices.ts";

/**
 * Notifies a user that their password was used on a new device, possibly by another person. The page on that device
 * knows its own reference, and does not show the notice.
 */
export async function tellOfNewDevice(notify: Pick<Notify, "user">, userId: string, device: string): Promise<void> {
  await notify.user(userId, {
    ...{ type: "new_device", title: "Signed in on a new device", priority: "high" },
    body: "If this was not you, ask an administrator to end your sessions and to set a new password.",
    data: { device: deviceReference(device) },
  });
}
