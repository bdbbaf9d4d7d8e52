/** Who did what to what; the entries are chained, so that one can prove that none was changed. */
import { useState } from "preact/hooks";
import { get, query } from "../api.ts";
import { count, exactTime, time } from "../format.ts";
import { useDoing, useLoad } from "../load.ts";
import { usePersonName } from "../people.ts";
import { useNow } from "../store.ts";
import type { AuditEntry, List } from "../types.ts";
import { Card, Trouble } from "./page.tsx";
import { ScrollTable } from "./scroll_table.tsx";
import { StateBadge } from "./state_badge.tsx";

interface Verified {
  ok: boolean;
  entries: number;
  reason?: string | null;
}

export function AuditLog() {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const path = `/audit${query({ limit: 20, cursor: cursors.at(-1) })}`;
  const loaded = useLoad(path, (signal) => get<List<AuditEntry>>(path, signal));
  const [verified, setVerified] = useState<Verified>();
  const doing = useDoing();
  const now = useNow();
  const nameOf = usePersonName();
  const verify = () => void doing.run(async () => setVerified(await get<Verified>("/audit/verify")));
  const next = loaded.data?.nextCursor;
  const aside = (
    <span class="legend" aria-live="polite">
      {verified && <StateBadge state={verified.ok ? "up" : "down"} label={verified.ok ? `${count(verified.entries, "entry", "entries")}, none changed` : (verified.reason ?? "the chain is broken")} />}
      <button type="button" class="small" disabled={doing.busy} onClick={verify}>
        Verify
      </button>
    </span>
  );
  return (
    <Card title="Audit" aside={aside}>
      <Trouble problem={doing.problem ?? loaded.error} />
      <ScrollTable label="Audit" columns={["Time", "Who", "What", "Outcome", "From"]}>
        {loaded.data?.items.map((entry) => (
          <tr key={entry.id}>
            <td class="number" title={exactTime(entry.at)}>
              {time(entry.at, now)}
            </td>
            <td class="message">{nameOf(entry.actor)}</td>
            <td class="message">
              <code>{entry.action}</code> <span class="quiet">{entry.subject}</span>
            </td>
            <td>
              <StateBadge state={entry.outcome === "ok" ? "up" : "down"} label={entry.outcome} />
            </td>
            <td class="number">{entry.ip}</td>
          </tr>
        ))}
      </ScrollTable>
      <div class="pager">
        <button type="button" disabled={cursors.length === 0} onClick={() => setCursors(cursors.slice(0, -1))}>
          Newer
        </button>
        <button type="button" disabled={!next} onClick={() => next && setCursors([...cursors, next])}>
          Older
        </button>
      </div>
    </Card>
  );
}
