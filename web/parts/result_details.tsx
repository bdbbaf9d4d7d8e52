/** One result in full: what failed, where the time went, what every assertion saw. */
import { operators, type Operator } from "../check_fields.ts";
import { bytes, latency, value, words } from "../format.ts";
import { isObject } from "../pointer.ts";
import type { AssertionOutcome, Json, JsonObject, Result } from "../types.ts";
import { PhasesBar } from "./phases_bar.tsx";
import { ScrollTable } from "./scroll_table.tsx";
import { StateBadge } from "./state_badge.tsx";

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
    <ScrollTable label="Assertions" columns={["Assertion", "Expected", "Actual", "Outcome"]}>
      {outcomes.map((outcome, index) => (
        <tr key={index}>
          <td>
            {words(outcome.source)} {outcome.path && <code>{outcome.path}</code>}
          </td>
          <td>
            {operators[outcome.op as Operator] ?? outcome.op} {outcome.expected !== undefined && outcome.expected !== null && <code>{value(outcome.expected)}</code>}
          </td>
          <td>
            <code>{outcome.actual === null ? "nothing" : value(outcome.actual)}</code>
          </td>
          <td>
            <StateBadge state={outcome.ok ? "up" : outcome.severity === "degraded" ? "degraded" : "down"} label={outcome.ok ? "holds" : "fails"} />
          </td>
        </tr>
      ))}
    </ScrollTable>
  );
}

/** Plain facts at once; what has an inside (headers, certificate, redirects) behind its name; the answer itself last. */
function Observed({ observed }: { observed: JsonObject }) {
  const { excerpt, ...rest } = observed;
  const facts = Object.entries(rest).filter(([, fact]) => fact !== null && fact !== "");
  const plain = facts.filter(([, fact]) => typeof fact !== "object");
  return (
    <>
      {plain.length > 0 && <Facts of={plain} />}
      {facts.map(([name, fact]) => typeof fact === "object" && <Inside key={name} name={name} fact={fact} />)}
      {typeof excerpt === "string" && excerpt !== "" && (
        <details open>
          <summary>Beginning of the answer</summary>
          <pre tabIndex={0}>{excerpt}</pre>
        </details>
      )}
    </>
  );
}

function Inside({ name, fact }: { name: string; fact: Json }) {
  const { chain, ...own } = isObject(fact) ? fact : { chain: fact };
  const links = Array.isArray(chain) ? chain.filter(isObject) : [];
  const days = typeof own["daysLeft"] === "number" ? `, ${Math.floor(own["daysLeft"])} days left` : "";
  return (
    <details>
      <summary>
        {label(name)}
        {days}
      </summary>
      <Facts of={Object.entries(own)} />
      {links.map((link, index) => (
        <Facts key={index} of={Object.entries(link)} />
      ))}
    </details>
  );
}

function Facts({ of }: { of: readonly (readonly [string, Json])[] }) {
  return (
    <dl class="facts">
      {of.map(([name, fact]) => (
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
  if (typeof fact === "number" && name.endsWith("Us")) return latency(fact / 1000);
  return value(fact);
}

const spelled: Record<string, string> = { tls: "TLS", rtt: "RTT", grpc: "gRPC", http: "HTTP", dns: "DNS" };

/** `remoteAddress` as "Remote address", `grpcStatus` as "gRPC status". */
function label(name: string): string {
  if (/[^a-zA-Z]/.test(name)) return name;
  const spaced = name.replace(/(?<=[a-z])(Bytes|Ms|Us)$/, "").replaceAll(/([A-Z])/g, " $1").toLowerCase();
  const text = spaced.replaceAll(/[a-z]+/g, (word) => spelled[word] ?? word);
  return text.startsWith("gRPC") ? text : text[0]!.toUpperCase() + text.slice(1);
}
