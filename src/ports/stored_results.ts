/** Between a single result as stores keep it and as it is copied. */
import type { LoggedRow } from "./result_row.ts";
import type { StoredRow, StoredValue } from "./store_copy.ts";

const order = ["sequence", "checkNo", "slot", "lag", "flags", "latency", "dns", "connect", "tls", "firstByte", "transfer", "code", "bodyBytes", "attempts", "probeLag"] as const;

/** `detail` is JSON as it was written, null when there is none. In the order of `resultsTable`. */
export function storedResultOf(row: LoggedRow, detail: string | null): StoredRow {
  const values: StoredValue[] = order.map((name) => row[name]);
  values.push(detail);
  return values;
}

export function loggedRowOf(stored: StoredRow): LoggedRow {
  const row = {} as LoggedRow;
  for (let i = 0; i < order.length; i++) row[order[i]!] = stored[i] as number;
  return row;
}

export function detailOf(stored: StoredRow): string | null {
  return stored[order.length] as string | null;
}
