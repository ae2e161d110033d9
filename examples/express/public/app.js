/* global io */
const at = (id) => document.getElementById(id);
const say = (text) => {
  at("status").textContent = text;
};

/** The task that the page shows. Its versions only rise, so that what arrives late is recognised. */
let task = { version: 0 };

const readConfig = async () => (await fetch("/realtime/client-config")).json();

const config = await readConfig();
if (config.authenticated) connect(config);
else {
  say("Please log in.");
  at("login").hidden = false;
}

function connect({ user, path, transports }) {
  at("practice").hidden = false;
  // The token is asked for at each connection: it belongs to the session, which may be another by then.
  const socket = io({ path, transports, auth: (send) => void readConfig().then(({ csrf }) => send({ csrf })) });

  socket.on("connect", () => {
    say(`Connected as ${user.username}.`);
    if (task.task_id) watch(socket, task.task_id);
  });
  socket.on("connect_error", ({ message, data }) => say(data?.message ?? message));
  socket.on("disconnect", () => say("The connection was lost."));
  socket.on("session_ending", () => location.reload());
  for (const event of ["progress_update", "task_completed", "task_error", "task_cancelled"]) socket.on(event, show);

  at("start").onclick = async () => {
    const { csrf } = await readConfig();
    const response = await fetch("/practice", { method: "POST", headers: { "x-csrf-token": csrf } });
    const { task_id, error } = await response.json();
    if (error) return say(error.message);
    task = { task_id, version: 0 };
    watch(socket, task_id);
  };
  at("cancel").onclick = () =>
    socket.emit("cancel_task", { task_id: task.task_id }, ({ error }) => error && say(error.message));
}

/** The answer holds the state as of now, and every later change is delivered: nothing is missed between the two. */
function watch(socket, task_id) {
  socket.emit("join_task", { task_id }, (answer) => (answer.ok ? show(answer.task) : say(answer.error.message)));
}

function show(snapshot) {
  if (snapshot.task_id !== task.task_id || snapshot.version <= task.version) return;
  task = snapshot;
  const ended = ["completed", "failed", "cancelled"].includes(task.status);
  at("bar").value = task.percent ?? 0;
  at("step").textContent = ended ? task.status : (task.step ?? "");
  at("start").disabled = !ended;
  at("cancel").disabled = ended;
}
