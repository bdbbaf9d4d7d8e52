/** Results as versions before the packed log wrote them: a row each, sealed blocks compressed as a whole, rollups written now and then. */
import type { Row } from "#ports/result_row";
import { columnNames } from "../adapters/sqlite/result_block.ts";
import type { Transaction } from "../adapters/sqlite/connection.ts";
import { VarintWriter } from "../adapters/sqlite/varint.ts";

export function sealedAsBefore(version: 1 | 2, rows: readonly Row[]): Uint8Array {
  const out = new VarintWriter();
  out.number(version);
  out.number(rows.length);
  for (const column of columnNames.filter((name) => version === 2 || name !== "probeLag")) {
    let before = 0;
    let step = 0;
    for (const row of rows) {
      const difference = row[column] - before;
      out.signed(column === "slot" || column === "sequence" ? difference - step : difference);
      step = difference;
      before = row[column];
    }
  }
  return Bun.zstdCompressSync(out.bytes(), { level: 3 });
}

/** The whole numbers of a result that took 20 ms. */
export function oldRow(sequence: number, slot: number, flags = 0): Row {
  return { sequence, slot, lag: 2_000, flags, latency: 20_000, dns: -1, connect: 250, tls: -1, firstByte: 11_000, transfer: 500, code: 200, bodyBytes: 11, attempts: 1, probeLag: 0 };
}

export function logAsBefore(tx: Transaction, log: "a" | "b", checkNo: number, row: Row): void {
  const orNull = (value: number) => (value < 0 ? null : value);
  const { sequence, slot, lag, flags, latency, dns, connect, tls, firstByte, transfer, code, bodyBytes, attempts } = row;
  const phases = [dns, connect, tls, firstByte, transfer].map(orNull);
  tx.run(`INSERT INTO result_log_${log} VALUES (${Array(14).fill("?").join(", ")})`, [sequence, checkNo, slot, lag, flags, latency, ...phases, code, bodyBytes, attempts]);
}

/** A rollup that counts this many good results of 20 ms, up to a sequence. */
export function rollUpAsBefore(tx: Transaction, { tier, bucketMs, checkNo, through, up }: { tier: 0 | 1 | 2; bucketMs: number; checkNo: number; through: number; up: number }): void {
  const histogram = new Uint8Array(Uint32Array.of(88, up).buffer);
  tx.run("INSERT INTO rollups VALUES (?, ?, ?, ?, ?, 0, 0, 0, ?, 20, 20, ?)", [tier, bucketMs, checkNo, through, up, up * 20, histogram]);
}
