/** A whole store that stands still, to be copied into another: what `uptimeping migrate` moves an installation with. */
import type { StoredTable } from "./stored_tables.ts";

/** Text without zero bytes, which not every store keeps: U+FFFD stands in their place. */
export type StoredValue = string | number | boolean | null | Uint8Array;
/** In the order of the table's columns. */
export type StoredRow = readonly StoredValue[];

export interface Page {
  rows: StoredRow[];
  /** Where the next page begins, in the words of the store that gave this one; "" at the end. */
  next: string;
}

/** Positions in the log of results. */
export interface ResultMarks {
  newest: number;
  /** Results up to this one are in the rollups. */
  counted: number;
  /** Results up to this one have been told. */
  relayed: number;
}

export interface StoreReader {
  /** For people: where this is, without a password. */
  readonly place: string;
  count(table: StoredTable): Promise<number>;
  /** Some rows, about `limit`; `after` is "" for the first ones. What belongs to forgotten checks is left out. */
  page(table: StoredTable, after: string, limit: number): Promise<Page>;
  resultMarks(): Promise<ResultMarks>;
  /** Of every lease that there ever was, by its name. */
  epochs(): Promise<Record<string, number>>;
}

/** Opened with the whole store taken: no server can work on it until this is closed. */
export interface CopySource extends StoreReader {
  /** Words for where the master key lies with which its secrets are sealed. */
  readonly keyPlace: string;
  close(): Promise<void>;
}

/** How far a table is. */
export interface CopyMark {
  after: string;
  rows: number;
  /** Rows that were left out, since the target has one of the same check and slot. */
  leftOut: number;
  /** Of the rows until there, without those. */
  digest: string;
  isDone: boolean;
}

export interface CopyTarget extends StoreReader {
  /** Where a server on it looks for the master key by itself; "" for nowhere. */
  readonly keyPlace: string;
  /** What is there; changes nothing. */
  inspect(): Promise<{ state: "empty" } | { state: "begun" | "finished"; fingerprint: string; atMs: number } | { state: "used"; table: string }>;
  /** Makes the tables of an empty store, or goes on with one that was begun. Until `finish`, no server starts on it. */
  begin(origin: { fingerprint: string; marks: ResultMarks; nowMs: number }): Promise<void>;
  marks(): Promise<Record<string, CopyMark>>;
  /** How many rows are best put at once. */
  rowsAtOnce(table: StoredTable): number;
  /** All of it and the mark, or nothing; `mark` may be asked more than once. A result of which the store has another already is left out. */
  put(table: StoredTable, rows: readonly StoredRow[], mark: (leftOut: readonly StoredRow[]) => CopyMark): Promise<void>;
  /** Leases lead on from these epochs at least; servers may start. */
  finish(end: { epochs: Record<string, number>; nowMs: number }): Promise<void>;
  close(): Promise<void>;
}
