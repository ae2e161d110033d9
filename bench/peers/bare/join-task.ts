import type { Socket } from "socket.io";

/** Lets a client join the room of a task and acknowledges it. */
export function joinTaskOn(socket: Socket): void {
  socket.on("join_task", ({ task_id }: { task_id: string }, answer: (answer: object) => void) => {
    void socket.join(`task:${task_id}`);
    answer({ ok: true });
  });
}
