/** What every assertion expected and saw. */
import { statusCodes } from "../kinds/grpc.ts";
import { operators, type Operator } from "../kinds/sources.ts";
import { words } from "../format.ts";
import { t } from "../i18n.ts";
import { ScrollTable } from "../parts/scroll_table.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import type { AssertionOutcome, Json } from "../types.ts";
import { LongText } from "./long_text.tsx";

export function AssertionsTable({ outcomes }: { outcomes: readonly AssertionOutcome[] }) {
  return (
    <ScrollTable label={t("Assertions")} columns={[t("Outcome"), t("Assertion"), t("Expected"), t("Actual")]}>
      {outcomes.map((outcome, index) => (
        <tr key={index}>
          <td>
            <StateBadge state={outcome.ok ? "up" : outcome.severity === "degraded" ? "degraded" : "down"} label={outcome.ok ? t("holds") : t("fails")} />
          </td>
          <td>
            {words(outcome.source)} {outcome.path && <code>{outcome.path}</code>}
          </td>
          <td class="value">
            {operators[outcome.op as Operator] ?? outcome.op} <Shown outcome={outcome} of={outcome.expected} />
          </td>
          <td class="value">{outcome.actual === null ? <span class="quiet">{t("nothing")}</span> : <Shown outcome={outcome} of={outcome.actual} />}</td>
        </tr>
      ))}
    </ScrollTable>
  );
}

function Shown({ outcome: { source }, of }: { outcome: AssertionOutcome; of: Json | undefined }) {
  if (of === undefined || of === null) return null;
  const text = typeof of === "string" ? of : Array.isArray(of) ? (of.length === 0 ? t("an empty list") : of.map(textOfItem).join(", ")) : JSON.stringify(of);
  const name = source === "grpc_status" ? statusCodes.find(([code]) => code === text)?.[1] : undefined;
  return (
    <code>
      <LongText text={name ?? text} limit={160} />
    </code>
  );
}

function textOfItem(item: Json): string {
  return typeof item === "string" ? item : JSON.stringify(item);
}
