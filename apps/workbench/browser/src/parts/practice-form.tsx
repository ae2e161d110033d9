import { postJson } from "../http.ts";
import { useProblem } from "../use-problem.ts";
import { useWorkspace } from "../workspace.ts";
import { Field } from "./field.tsx";

/** Starts a task that does nothing, to demonstrate progress. A server in production refuses it, with a sentence. */
export function PracticeForm() {
  const { csrf, tasks } = useWorkspace();
  const [problem, setProblem] = useProblem();

  async function start(form: HTMLFormElement): Promise<void> {
    const entry = new FormData(form);
    const failAt = entry.get("fail_at");
    const input = {
      steps: Number(entry.get("steps")),
      step_ms: Number(entry.get("step_ms")),
      ...(failAt ? { fail_at: Number(failAt) } : {}),
    };
    try {
      await postJson("/api/tasks", { kind: "practice", input }, csrf());
      setProblem(null);
      await tasks.load();
    } catch (error) {
      setProblem(error);
    }
  }

  return (
    <details class="practice">
      <summary>Practice task</summary>
      <form
        data-testid="practice-form"
        onInput={() => setProblem(null)}
        onSubmit={(event) => {
          event.preventDefault();
          void start(event.currentTarget);
        }}
      >
        <Field name="steps" label="Steps" type="number" min={1} max={1000} required defaultValue="20" />
        <Field
          name="step_ms"
          label="Milliseconds per step"
          type="number"
          min={1}
          max={60_000}
          required
          defaultValue="500"
        />
        <Field name="fail_at" label="Fail at step (optional)" type="number" min={1} />
        <button type="submit">Start</button>
      </form>
      {problem && (
        <p class="problem" role="alert" data-testid="practice-problem">
          {problem}
        </p>
      )}
    </details>
  );
}
