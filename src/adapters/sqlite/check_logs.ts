/** What is in memory of each check that has results, and the small number under which its rows are kept. */
import type { Reader, Transaction } from "./connection.ts";
import { OpenBlock } from "./result_block.ts";
import { newestMissed } from "./result_log.ts";

export interface CheckLog {
  no: number;
  id: string;
  tenantId: string;
  /** Results that are not sealed yet. */
  open: OpenBlock;
  /** Newest scheduled slot with a result or a missed record. */
  lastSlotMs: number;
}

export interface CheckLogs {
  byNo(no: number): CheckLog | undefined;
  /** Undefined for a check of another tenant. */
  owned(tenantId: string, checkId: string): CheckLog | undefined;
  all(): CheckLog[];
  readonly size: number;
  /** Gives the check's log, with a number of its own when it is new; `fresh` then gathers it, to be let go of when the write fails. */
  take(tx: Transaction, check: { tenantId: string; checkId: string; checkNo?: number }, fresh: CheckLog[]): CheckLog;
  letGo(log: CheckLog): void;
  /** The same, on disk: the number is never given out again, so what still lies under it has no name and belongs to nobody. */
  retire(tx: Transaction, log: CheckLog): void;
}

interface NumberRow {
  check_no: number;
  check_id: string;
  tenant_id: string;
  last_slot: number;
}

export function openCheckLogs(reader: Reader): CheckLogs {
  const byNo: (CheckLog | undefined)[] = [];
  const byId = new Map<string, CheckLog>();
  let nextNo = 1;

  const adopt = (no: number, id: string, tenantId: string): CheckLog => {
    const log: CheckLog = { no, id, tenantId, open: new OpenBlock(), lastSlotMs: 0 };
    byNo[no] = log;
    byId.set(id, log);
    return log;
  };

  const letGo = (log: CheckLog) => {
    byNo[log.no] = undefined;
    byId.delete(log.id);
  };

  for (const row of reader.all<NumberRow>("SELECT * FROM check_numbers")) {
    nextNo = Math.max(nextNo, row.check_no + 1);
    if (row.tenant_id !== "") adopt(row.check_no, row.check_id, row.tenant_id).lastSlotMs = row.last_slot;
  }
  for (const row of newestMissed(reader)) {
    const log = byNo[row.check_no];
    if (log) log.lastSlotMs = Math.max(log.lastSlotMs, row.last_slot);
  }

  return {
    byNo: (no) => byNo[no],
    owned(tenantId, checkId) {
      const log = byId.get(checkId);
      return log?.tenantId === tenantId ? log : undefined;
    },
    all: () => [...byId.values()],
    get size() {
      return byId.size;
    },
    take(tx, { tenantId, checkId, checkNo = 0 }, fresh) {
      const numbered = byNo[checkNo];
      const known = numbered?.id === checkId ? numbered : byId.get(checkId);
      if (known) return known;
      tx.run("INSERT INTO check_numbers (check_no, check_id, tenant_id) VALUES (?, ?, ?)", [nextNo, checkId, tenantId]);
      const log = adopt(nextNo++, checkId, tenantId);
      fresh.push(log);
      return log;
    },
    letGo,
    retire(tx, log) {
      letGo(log);
      tx.run("DELETE FROM result_details WHERE check_no = ?", [log.no]);
      tx.run("DELETE FROM result_missed WHERE check_no = ?", [log.no]);
      tx.run("UPDATE check_numbers SET check_id = 'gone ' || check_no, tenant_id = '' WHERE check_no = ?", [log.no]);
    },
  };
}
