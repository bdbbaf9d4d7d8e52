/** Who changed what of a check, newest first. Only administrators may read the audit log; others do not see the card. */
import { useState } from "preact/hooks";
import { get, query } from "../api.ts";
import { actionName, changesIn, type ShownChange } from "../document_diff.ts";
import { exactTime, happened } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { useLoad } from "../load.ts";
import { usePersonName } from "../people.ts";
import { useMayAdminister } from "../rights.ts";
import { useNow } from "../store.ts";
import type { AuditEntry, List } from "../types.ts";
import { NewerOlder } from "./older.tsx";
import { Card, Loading, Trouble } from "./page.tsx";

const pageSize = 10;

export function CheckChanges({ checkId, version }: { checkId: string; version: number }) {
  const mayRead = useMayAdminister();
  return mayRead ? <Changes checkId={checkId} version={version} /> : null;
}

function Changes({ checkId, version }: { checkId: string; version: number }) {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const path = `/audit${query({ subject: checkId, limit: pageSize, cursor: cursors.at(-1) })}`;
  const loaded = useLoad(`${path} ${version}`, (signal) => get<List<AuditEntry>>(path, signal));
  const entries = loaded.data?.items;
  const next = loaded.data?.nextCursor;
  return (
    <Card title={t("Changes")}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!entries && loaded.loading && <Loading what={t("the changes")} />}
      {entries?.length === 0 && <p class="quiet">{t("Nothing here yet.")}</p>}
      <ol class="changes">
        {entries?.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
      {(cursors.length > 0 || next) && <NewerOlder cursors={cursors} next={loaded.loading ? null : next} onChange={setCursors} />}
    </Card>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const now = useNow();
  const nameOf = usePersonName();
  const { changes, more } = changesIn(entry);
  return (
    <li>
      <p>
        <b>{actionName(entry.action)}</b> {t("by {person}", { person: nameOf(entry.actor) })}{" "}
        <span class="quiet" title={exactTime(entry.at)}>
          {happened(entry.at, now)}
        </span>
        {entry.outcome !== "ok" && <span class="tone-down"> {entry.outcome === "denied" ? t("refused") : t("failed")}</span>}
      </p>
      {changes.length > 0 && (
        <dl class="diff">
          {changes.map((change) => (
            <Change key={change.name} change={change} />
          ))}
        </dl>
      )}
      {more > 0 && <p class="quiet">{plural(more, "and {count} more", "and {count} more")}</p>}
    </li>
  );
}

function Change({ change: { name, before, after, isSecret } }: { change: ShownChange }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {isSecret && <span class="quiet">{t("a new secret")}</span>}
        {before !== undefined && <del>{before}</del>}
        {before !== undefined && after !== undefined && <span aria-hidden="true"> → </span>}
        {after !== undefined && <ins>{after}</ins>}
      </dd>
    </div>
  );
}
