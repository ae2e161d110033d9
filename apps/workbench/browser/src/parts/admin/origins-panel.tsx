import type { OriginExplanation } from "@signalbox/protocol";
import { useState } from "preact/hooks";
import { useDashboard } from "../../admin/dashboard.ts";
import { useProblem } from "../../use-problem.ts";
import { Field } from "../field.tsx";
import { Panel } from "./panel.tsx";

/** Shows whether pages of an origin may connect, and which rule decides that. */
export function OriginsPanel() {
  const { request } = useDashboard();
  const [verdict, setVerdict] = useState<(OriginExplanation & { origin: string }) | null>(null);
  const [problem, setProblem] = useProblem();

  async function explain(origin: string): Promise<void> {
    try {
      setVerdict({ ...(await request("explain_origin", { origin })), origin });
      setProblem(null);
    } catch (error) {
      setProblem(error);
    }
  }

  return (
    <Panel title="Origins" problem={problem}>
      <form
        class="filters"
        data-testid="origin-form"
        onInput={() => setProblem(null)}
        onSubmit={(event) => {
          event.preventDefault();
          void explain(String(new FormData(event.currentTarget).get("origin")));
        }}
      >
        <Field
          name="origin"
          label="Origin"
          hint="As a browser sends it, such as https://app.example.com"
          required
          maxLength={2048}
          autocomplete="off"
          spellcheck={false}
        />
        <button type="submit">Explain</button>
      </form>
      {/* Always mounted, so that screen readers announce the verdict. */}
      <div aria-live="polite">{verdict && <Verdict {...verdict} />}</div>
    </Panel>
  );
}

function Verdict({ origin, allowed, rule, hint, allowed_origins }: OriginExplanation & { origin: string }) {
  return (
    <div class="panel verdict" data-testid="origin-verdict" data-allowed={allowed}>
      <p class={`condition condition-${allowed ? "ok" : "failing"}`}>
        <span class="sign" aria-hidden="true">
          {allowed ? "✓" : "✕"}
        </span>{" "}
        <code>{origin}</code> is {allowed ? "allowed" : "refused"}: {rule}.
      </p>
      {hint !== undefined && <p>{hint}</p>}
      <h3>Allowed are</h3>
      {allowed_origins.length === 0 ? (
        <p>No origins at all.</p>
      ) : (
        <ul>
          {allowed_origins.map((each) => (
            <li key={each}>
              <code>{each}</code>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
