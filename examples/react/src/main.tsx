import "../../express/public/style.css";
import { isFinal } from "@signalbox/protocol";
import { type FormEvent, useCallback, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { clients, useConnection, useTask } from "./signalbox.ts";

interface Visitor {
  authenticated: boolean;
  csrf: string;
  user?: { username: string };
}

const readVisitor = async (): Promise<Visitor> => (await fetch("/realtime/client-config")).json();

function App() {
  const [visitor, setVisitor] = useState<Visitor>();
  const { status, diagnosis } = useConnection();

  const enter = useCallback(async (): Promise<void> => {
    setVisitor(await readVisitor());
    clients.user();
    clients.sessionChanged();
  }, []);

  useEffect(() => void enter(), [enter]);

  async function signIn(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name"));
    await fetch(`/sign-in?${new URLSearchParams({ name })}`, { method: "POST" });
    await enter();
  }

  if (visitor === undefined) return <p>Loading …</p>;
  return (
    <>
      <h1>Signalbox with React</h1>
      <p role="status">{diagnosis?.message ?? (status === "connected" ? "Connected." : "Connecting …")}</p>
      {visitor.authenticated ? (
        <Work csrf={visitor.csrf} />
      ) : (
        <form onSubmit={(event) => void signIn(event)}>
          <label>
            Name <input name="name" required pattern="\w{1,32}" autoComplete="username" />
          </label>
          <button type="submit">Sign in</button>
        </form>
      )}
    </>
  );
}

function Work({ csrf }: { csrf: string }) {
  const [taskId, setTaskId] = useState<string>();
  const [problem, setProblem] = useState("");
  const task = useTask(taskId);
  const isUnderWay = taskId !== undefined && (task === null || task.task_id !== taskId || !isFinal(task.status));

  async function start(): Promise<void> {
    setProblem("");
    const answer = await fetch("/practice", { method: "POST", headers: { "x-csrf-token": csrf } });
    setTaskId(((await answer.json()) as { task_id: string }).task_id);
  }

  async function cancel(): Promise<void> {
    try {
      await clients.user().request("cancel_task", { task_id: taskId ?? "" });
    } catch (error) {
      // The task may have ended at the same moment.
      setProblem((error as Error).message);
    }
  }

  return (
    <section>
      <button type="button" disabled={isUnderWay} onClick={() => void start()}>
        Start a practice task
      </button>
      <button type="button" disabled={!isUnderWay} onClick={() => void cancel()}>
        Cancel
      </button>
      <p>
        <progress max={100} value={task?.percent ?? 0} aria-label="Progress of the task" />{" "}
        <span data-testid="step">{isUnderWay ? task?.step : task?.status}</span>
      </p>
      <p role="alert">{problem}</p>
    </section>
  );
}

createRoot(document.getElementById("root") as HTMLElement).render(<App />);
