/** One result in full: what failed, where the time went, what every assertion saw. */
import { operators } from "../check_fields.ts";
import { bytes, latency, value, words } from "../format.ts";
import { isObject } from "../pointer.ts";
import type { AssertionOutcome, Json, JsonObject, Result } from "../types.ts";
import { PhasesBar } from "./phases_bar.tsx";
import { StateBadge } from "./state_badge.tsx";

const operatorLabels = new Map<string, string>(operators);

export function ResultDetails({ result }: { result: Result }) {
  const { error, phases, assertions = [], observed } = result;
  return (
    <div class="result">
      {error && (
        <p class="result-error">
          <code>{error.kind}</code> {error.message}
        </p>
      )}
      {phases && <PhasesBar phases={phases} />}
      {assertions.length > 0 && <Assertions outcomes={assertions} />}
      {observed && <Observed observed={observed} />}
      <p class="quiet">
        {result.attempts > 1 ? `${result.attempts} attempts, ` : ""}
        {latency(result.latencyMs)} in all, from {result.location || "here"}
      </p>
    </div>
  );
}

function Assertions({ outcomes }: { outcomes: readonly AssertionOutcome[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Assertions">
      <table>
        <thead>
          <tr>
            <th scope="col">Assertion</th>
            <th scope="col">Expected</th>
            <th scope="col">Actual</th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          {outcomes.map((outcome, index) => (
            <tr key={index}>
              <td>
                {words(outcome.source)} {outcome.path && <code>{outcome.path}</code>}
              </td>
              <td>
                {operatorLabels.get(outcome.op) ?? outcome.op} {outcome.expected !== undefined && outcome.expected !== null && <code>{value(outcome.expected)}</code>}
              </td>
              <td>
                <code>{value(outcome.actual)}</code>
              </td>
              <td>
                <StateBadge state={outcome.ok ? "up" : outcome.severity === "degraded" ? "degraded" : "down"} label={outcome.ok ? "holds" : "fails"} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const separately = ["excerpt", "certificate"];

function Observed({ observed }: { observed: JsonObject }) {
  const facts = Object.entries(observed).filter(([name, of]) => !separately.includes(name) && of !== null && of !== "");
  const { excerpt, certificate } = observed;
  return (
    <>
      {facts.length > 0 && <Facts of={Object.fromEntries(facts)} />}
      {isObject(certificate) && (
        <details>
          <summary>Certificate</summary>
          <Facts of={certificate} />
        </details>
      )}
      {typeof excerpt === "string" && excerpt !== "" && (
        <details open>
          <summary>Response, its beginning</summary>
          <pre tabIndex={0}>{excerpt}</pre>
        </details>
      )}
    </>
  );
}

function Facts({ of }: { of: JsonObject }) {
  return (
    <dl class="facts">
      {Object.entries(of).map(([name, fact]) => (
        <div key={name}>
          <dt>{label(name)}</dt>
          <dd>{shownFact(name, fact)}</dd>
        </div>
      ))}
    </dl>
  );
}

function shownFact(name: string, fact: Json): string {
  if (typeof fact === "number" && name.endsWith("Bytes")) return bytes(fact);
  if (typeof fact === "number" && name.endsWith("Ms")) return latency(fact);
  return value(fact);
}

/** `remoteAddress` as "Remote address". */
function label(name: string): string {
  const spaced = name.replace(/(Bytes|Ms)$/, "").replaceAll(/([A-Z])/g, " $1").toLowerCase();
  return spaced[0]!.toUpperCase() + spaced.slice(1);
}
