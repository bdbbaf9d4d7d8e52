/** Who did what to what; the entries are chained, so that one can prove that none was changed. */
import { useState } from "preact/hooks";
import { get } from "../api.ts";
import { exactTime, time } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { useDoing, useLoad } from "../load.ts";
import { usePaged } from "../paged.ts";
import { Card, Loading, Trouble } from "../parts/page.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { usePersonName } from "../people.ts";
import { keepInAddress, place } from "../router.ts";
import { useSettled } from "../settled.ts";
import { useNow } from "../store.ts";
import type { AuditEntry } from "../types.ts";
import { AuditFilters } from "./audit_filters.tsx";
import { auditQuery, filterIn, type AuditFilter } from "./audit_filter.ts";
import { actionName } from "./audit_names.ts";
import { saveAs } from "./save_as.ts";

export function AuditSection() {
  const [filter, setFilter] = useState(() => filterIn(place.get().query));
  // The subject is typed; the list follows once nothing has been typed for a moment.
  const subject = useSettled(filter.subject);
  const asked = { ...filter, subject };
  const entries = usePaged<AuditEntry>(`/audit${auditQuery(asked, { limit: 50 })}`);
  const change = (part: Partial<AuditFilter>) => {
    const next = { ...filter, ...part };
    setFilter(next);
    keepInAddress(next);
  };
  return (
    <>
      <Chain />
      <AuditFilters filter={filter} onChange={change} />
      <Card title={t("Entries")} aside={<Export filter={asked} />}>
        <Trouble problem={entries.error} retry={entries.reload} />
        {!entries.items && entries.loading && <Loading what={t("the entries")} />}
        {entries.items?.length === 0 && <p class="quiet">{t("Nothing fits.")}</p>}
        <ol class="audit">
          {entries.items?.map((entry) => (
            <Entry key={entry.id} entry={entry} onFind={change} />
          ))}
        </ol>
        {entries.more && (
          <div class="pager">
            <button type="button" disabled={entries.loading} onClick={entries.loadMore}>
              {entries.loading ? t("Loading…") : t("Older entries")}
            </button>
          </div>
        )}
      </Card>
    </>
  );
}

interface Verified {
  ok: boolean;
  entries: number;
  reason: string | null;
}

function Chain() {
  const chain = useLoad("chain", (signal) => get<Verified>("/audit/verify", signal));
  const { data, error, loading } = chain;
  if (error) return <Trouble problem={error} retry={chain.reload} />;
  const label = !data ? t("Checking the chain…") : data.ok ? t("The chain holds") : t("The chain is broken");
  return (
    <div class={`notice ${data ? (data.ok ? "good" : "bad") : ""}`} role="status">
      <StateBadge state={data ? (data.ok ? "up" : "down") : "pending"} label={label} />
      <span class="grow">{data && (data.ok ? plural(data.entries, "{count} entry, not changed since it was written.", "{count} entries, none changed since it was written.") : data.reason)}</span>
      <button type="button" class="small" disabled={loading} onClick={chain.reload}>
        {t("Verify again")}
      </button>
    </div>
  );
}

function Entry({ entry, onFind }: { entry: AuditEntry; onFind: (part: Partial<AuditFilter>) => void }) {
  const now = useNow();
  const nameOf = usePersonName();
  const who = entry.actorType === "user" ? nameOf(entry.actor) : entry.actor || entry.actorType;
  const isWell = entry.outcome === "ok";
  const subject = entry.subject === entry.actor ? "" : nameOf(entry.subject);
  return (
    <li>
      <details>
        <summary>
          <span class="audit-time" title={exactTime(entry.at)}>
            {time(entry.at, now)}
          </span>
          <span class="audit-what">
            <b>{who || t("nobody")}</b> {actionName(entry.action)}
          </span>
          {!isWell && <StateBadge state="down" label={entry.outcome === "denied" ? t("denied") : t("failed")} />}
          <span class="audit-subject">{subject === entry.subject ? subject && <code>{subject}</code> : subject}</span>
        </summary>
        <dl class="pairs-list">
          <dt>{t("Action")}</dt>
          <dd>
            <code>{entry.action}</code>
          </dd>
          <dt>{t("Time")}</dt>
          <dd>{exactTime(entry.at)}</dd>
          <dt>{t("From // an address")}</dt>
          <dd>{entry.ip || "–"}</dd>
          <dt>{t("Request")}</dt>
          <dd>
            <code>{entry.requestId || "–"}</code>
          </dd>
          {JSON.stringify(entry.detail) !== "{}" && entry.detail !== null && (
            <>
              <dt>{t("Details")}</dt>
              <dd>
                <pre>{JSON.stringify(entry.detail, null, 2)}</pre>
              </dd>
            </>
          )}
        </dl>
        <div class="actions">
          {entry.actor && (
            <button type="button" class="small" onClick={() => onFind({ actor: entry.actor })}>
              {t("All by {who}", { who })}
            </button>
          )}
          {entry.subject && (
            <button type="button" class="small" onClick={() => onFind({ subject: entry.subject })}>
              {t("All about this")}
            </button>
          )}
        </div>
      </details>
    </li>
  );
}

function Export({ filter }: { filter: AuditFilter }) {
  const doing = useDoing();
  const save = (format: "csv" | "json") =>
    void doing.run(async () => {
      const answer = await fetch(`/api/v1/audit/export${auditQuery(filter, { format })}`, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(t("The server answered {status}", { status: answer.status }));
      saveAs(`audit.${format}`, await answer.blob());
    });
  return (
    <span class="actions">
      <Trouble problem={doing.problem} />
      <button type="button" class="small" disabled={doing.busy} onClick={() => save("csv")}>
        {t("Export as CSV")}
      </button>
      <button type="button" class="small" disabled={doing.busy} onClick={() => save("json")}>
        {t("Export as JSON")}
      </button>
    </span>
  );
}
