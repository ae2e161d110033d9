import type { Notify } from "@signalbox/server";

/** Tells somebody that their password was used where it never was before: it may not have been them. */
export async function tellOfNewDevice(notify: Pick<Notify, "user">, userId: string): Promise<void> {
  await notify.user(userId, {
    ...{ type: "new_device", title: "Signed in on a new device", priority: "high" },
    body: "If that was not you, change your password and ask an administrator to end your sessions.",
  });
}
