/** One proposed check: whether it is taken, its name, what it sends, and what came of it. */
import { isCall, type Outcome, type Proposal } from "../forge/proposals.ts";
import { latency } from "../format.ts";
import { t } from "../i18n.ts";
import { textOf } from "../pointer.ts";
import { StateBadge } from "./state_badge.tsx";

export function ProposalRow({ proposal, onChange }: { proposal: Proposal; onChange: (part: Partial<Proposal>) => void }) {
  const { name, taken, request, outcome } = proposal;
  const isDone = outcome?.kind === "created";
  const title = textOf(proposal.check["name"]);
  return (
    <li class="proposal">
      <label class="check-line">
        <input type="checkbox" checked={taken} disabled={isDone} onChange={(event) => onChange({ taken: event.currentTarget.checked })} />
        {title}
      </label>
      <div class="proposal-outcome" role="status">
        {outcome && <OutcomeText outcome={outcome} />}
      </div>
      {taken && !isDone && (
        <details class="proposal-details">
          <summary>{isCall(proposal) ? t("Name and request") : t("Name")}</summary>
          <div class="fields single">
            <div class="field">
              <label>
                {t("Name of the check")}
                <input value={name} maxLength={120} onInput={(event) => onChange({ name: event.currentTarget.value })} />
              </label>
            </div>
            {isCall(proposal) && (
              <div class="field">
                <label>
                  {t("Request (JSON)")}
                  <textarea rows={Math.min(14, Math.max(3, request.split("\n").length))} spellcheck={false} value={request} onInput={(event) => onChange({ request: event.currentTarget.value })} />
                </label>
              </div>
            )}
          </div>
        </details>
      )}
    </li>
  );
}

function OutcomeText({ outcome }: { outcome: Outcome }) {
  switch (outcome.kind) {
    case "busy":
      return <StateBadge state="pending" label={t("at work…")} />;
    case "created":
      return (
        <>
          <StateBadge state="up" label={t("created")} /> <a href={`/checks/${outcome.id}`}>{t("Open")}</a>
        </>
      );
    case "tested":
      return (
        <>
          <StateBadge state={outcome.result.status} /> <span class="number">{latency(outcome.result.latencyMs)}</span> {outcome.result.error && <span class="quiet">{outcome.result.error.message.slice(0, 200)}</span>}
        </>
      );
    case "refused":
      return (
        <>
          <StateBadge state="down" label={t("not created")} /> <span>{outcome.messages.join("; ")}</span>
        </>
      );
  }
}
