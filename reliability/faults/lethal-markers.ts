import type { Marker } from "./recorded.ts";

/** Points at which a server dies as if by `kill -9`: when it comes to the next end of a task, and nowhere else. */
export function createLethalMarkers() {
  let armed: Marker | undefined;

  function reached(marker: Marker): void {
    if (marker === armed) process.kill(process.pid, "SIGKILL");
  }

  return {
    arm(marker: Marker): void {
      armed = marker;
    },
    reached,
    /** The end has been sent, and is given the time to leave; the application does not know yet that it is done. */
    async beforeAcknowledgement(): Promise<void> {
      if (armed !== "before_acknowledgement") return;
      await new Promise((resolve) => setTimeout(resolve, 2));
      reached("before_acknowledgement");
    },
  };
}
