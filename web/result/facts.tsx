/** Whatever was observed, by its name: what no other part draws still shows. */
import { bytes, exactTime, latency, value } from "../format.ts";
import { t } from "../i18n.ts";
import { isObject } from "../pointer.ts";
import type { Json } from "../types.ts";
import { LongText, useFirst } from "./long_text.tsx";

const shownFacts = 40;

export function Facts({ of }: { of: readonly (readonly [string, Json])[] }) {
  const { items, more } = useFirst(of.filter(([, fact]) => fact !== null && fact !== ""), shownFacts);
  if (items.length === 0) return null;
  return (
    <>
      <dl class="facts">
        {items.map(([name, fact]) => (
          <div key={name}>
            <dt>{value(label(name))}</dt>
            <dd>
              <LongText text={shownFact(name, fact)} limit={200} />
            </dd>
          </div>
        ))}
      </dl>
      {more}
    </>
  );
}

/** A thing with an inside, behind its name. */
export function Inside({ name, fact }: { name: string; fact: Json }) {
  const entries = Array.isArray(fact) ? fact.map((item, index) => [String(index + 1), item] as const) : isObject(fact) ? Object.entries(fact) : [];
  return (
    <details>
      <summary>{label(name)}</summary>
      <Facts of={entries} />
    </details>
  );
}

/** Headers and metadata: names and values, one a line. */
export function Pairs({ name, of }: { name: string; of: readonly (readonly [string, Json])[] }) {
  const { items, more } = useFirst(of, shownFacts);
  return (
    <details>
      <summary>
        {label(name)} <span class="quiet">({of.length})</span>
      </summary>
      <dl class="pairs-list">
        {items.map(([key, held]) => (
          <div key={key}>
            <dt>{value(key)}</dt>
            <dd>
              <LongText text={typeof held === "string" ? held : value(held)} limit={300} />
            </dd>
          </div>
        ))}
      </dl>
      {more}
    </details>
  );
}

function shownFact(name: string, fact: Json): string {
  if (typeof fact === "number" && name.endsWith("Bytes")) return bytes(fact);
  if (typeof fact === "number" && name.endsWith("Ms")) return latency(fact);
  if (typeof fact === "number" && name.endsWith("Us")) return latency(fact / 1000);
  if (typeof fact === "boolean") return fact ? t("yes") : t("no");
  if (typeof fact !== "string") return JSON.stringify(fact);
  return name.endsWith("At") && Number.isFinite(Date.parse(fact)) ? exactTime(fact) : fact;
}

const spelled: Record<string, string> = { tls: "TLS", rtt: "RTT", grpc: "gRPC", http: "HTTP", dns: "DNS", url: "URL" };

/** `remoteAddress` as "Remote address", `lossPercent` as "Loss (%)", `grpcStatus` as "gRPC status". */
function label(name: string): string {
  if (/[^a-zA-Z]/.test(name)) return name;
  const spaced = name.replace(/(?<=[a-z])(Bytes|Ms|Us|At)$/, "").replaceAll(/([A-Z])/g, " $1").toLowerCase();
  const text = spaced.replaceAll(/[a-z]+/g, (word) => spelled[word] ?? word);
  if (text.endsWith(" percent")) return `${label(name.slice(0, -"Percent".length))} (%)`;
  return text.startsWith("gRPC") ? text : text[0]!.toUpperCase() + text.slice(1);
}
