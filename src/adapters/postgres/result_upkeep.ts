/** What is past its retention goes, in portions that hold up nobody: days of results whole, everything else some rows at a time. */
import type { ResultRetention } from "#ports/results";
import { tierCodes } from "#ports/rows/rollups";
import type { PostgresStore, Reader } from "./connection.ts";
import { dayMs, type ResultDays } from "./result_days.ts";

export interface ResultUpkeep {
  /** `keptAfter`: results after this sequence are needed, whatever their age. */
  step(nowMs: number, keptAfter: number): Promise<void>;
}

/** Does a little of something; false when there was nothing left to do. */
type Chore = () => Promise<boolean>;

const everyMs = 600_000;
const rowsAtOnce = 2_000;

export function createResultUpkeep({ store, days, retention, startedMs }: { store: PostgresStore; days: ResultDays; retention: ResultRetention; startedMs: number }): ResultUpkeep {
  let chores: Chore[] = [];
  let lastMs = startedMs;

  const deleteSome = async (sql: string, params: unknown[]): Promise<boolean> => (await store.write((tx) => tx.run(sql, [...params, rowsAtOnce]))) > 0;

  const deleteOld = (tier: keyof typeof tierCodes, beforeMs: number): Chore => () =>
    deleteSome("DELETE FROM rollups WHERE ctid = ANY(ARRAY(SELECT ctid FROM rollups WHERE tier = $1 AND bucket < $2 ORDER BY bucket LIMIT $3))", [tierCodes[tier], beforeMs]);

  const begin = (now: number, keptAfter: number) => {
    lastMs = now;
    chores = [
      async () => {
        await days.ensure([now, now + dayMs]);
        return false;
      },
      () => days.dropOldest(now - retention.resultsMs, (newest) => newest > keptAfter),
      deleteOld("minute", now - retention.minutesMs),
      deleteOld("hour", now - retention.hoursMs),
      deleteOld("day", now - retention.daysMs),
      () => deleteSome("DELETE FROM result_missed WHERE ctid = ANY(ARRAY(SELECT ctid FROM result_missed WHERE last_slot < $1 LIMIT $2))", [now - retention.hoursMs]),
      sweepForgotten,
    ];
  };

  /** What was stored of series that were forgotten, but for their rollups, which go in their time: nobody asks for the number again. */
  const sweepForgotten: Chore = async () => {
    const no = await someForgotten(store);
    if (no === undefined) return false;
    if (await deleteSome("DELETE FROM results WHERE (check_no, slot) IN (SELECT check_no, slot FROM results WHERE check_no = $1 LIMIT $2)", [no])) return true;
    await store.write((tx) => tx.run("UPDATE check_series SET swept = true WHERE check_no = $1", [no]));
    return true;
  };

  return {
    async step(now, keptAfter) {
      if (chores.length === 0 && now - lastMs >= everyMs) begin(now, keptAfter);
      if (chores[0] && !(await chores[0]())) chores = chores.slice(1);
    },
  };
}

async function someForgotten(reader: Reader): Promise<number | undefined> {
  return (await reader.get<{ no: number }>("SELECT check_no AS no FROM check_series WHERE tenant_id = '' AND NOT swept LIMIT 1"))?.no;
}
