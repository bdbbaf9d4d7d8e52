/** What is in memory of each series that has results, and the small number under which its rows are kept. */
import type { Transaction } from "./connection.ts";
import { OpenRows } from "./open_rows.ts";

export interface Series {
  no: number;
  id: string;
  tenantId: string;
  /** Results that are not counted yet. */
  open: OpenRows;
  /** Newest scheduled slot with a result or a missed record. */
  lastSlotMs: number;
  /** Newest slot among the results that are counted; no minute after it is stored as a rollup. */
  countedSlotMs: number;
}

export interface SeriesRow {
  check_no: number;
  check_id: string;
  tenant_id: string;
  last_slot: number;
  counted_slot: number;
}

export interface SeriesRegister {
  byNo(no: number): Series | undefined;
  byId(id: string): Series | undefined;
  /** Undefined for a series of another tenant. */
  owned(tenantId: string, id: string): Series | undefined;
  all(): Series[];
  readonly size: number;
  /** Results in memory that no rollup has. */
  uncounted: number;
  /** The number that the next new series gets. */
  readonly nextNo: number;
  adopt(series: Series): void;
  /** What the database knows of a series; one that was forgotten only takes its number. */
  read(row: SeriesRow): void;
  forget(series: Series): void;
}

export function createSeriesRegister(): SeriesRegister {
  const byNo: (Series | undefined)[] = [];
  const byId = new Map<string, Series>();
  let nextNo = 1;

  const adopt = (series: Series) => {
    byNo[series.no] = series;
    byId.set(series.id, series);
    nextNo = Math.max(nextNo, series.no + 1);
  };

  return {
    byNo: (no) => byNo[no],
    byId: (id) => byId.get(id),
    owned(tenantId, id) {
      const series = byId.get(id);
      return series?.tenantId === tenantId ? series : undefined;
    },
    all: () => [...byId.values()],
    get size() {
      return byId.size;
    },
    uncounted: 0,
    get nextNo() {
      return nextNo;
    },
    adopt,
    read({ check_no: no, check_id: id, tenant_id: tenantId, last_slot: lastSlotMs, counted_slot: countedSlotMs }) {
      nextNo = Math.max(nextNo, no + 1);
      if (tenantId !== "") adopt({ ...newSeries(no, id, tenantId), lastSlotMs, countedSlotMs });
    },
    forget(series) {
      this.uncounted -= series.open.rows;
      byNo[series.no] = undefined;
      byId.delete(series.id);
    },
  };
}

export function newSeries(no: number, id: string, tenantId: string): Series {
  return { no, id, tenantId, open: new OpenRows(), lastSlotMs: 0, countedSlotMs: 0 };
}

export async function insertSeries(tx: Transaction, fresh: readonly Series[]): Promise<void> {
  if (fresh.length === 0) return;
  await tx.run("INSERT INTO check_series (check_no, check_id, tenant_id) SELECT * FROM unnest($1::integer[], $2::text[], $3::text[])", [
    fresh.map(({ no }) => no),
    fresh.map(({ id }) => id),
    fresh.map(({ tenantId }) => tenantId),
  ]);
}

/** The number is never given out again: what still lies under it has no name and belongs to nobody, until it is swept away. */
export async function retireSeries(tx: Transaction, { no }: Series): Promise<void> {
  await tx.run("DELETE FROM result_missed WHERE check_no = $1", [no]);
  await tx.run("UPDATE check_series SET check_id = 'gone ' || check_no, tenant_id = '' WHERE check_no = $1", [no]);
}
