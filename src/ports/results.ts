/**
 * What came of the runs. The results are an append-only log, the truth from which everything else can be computed again:
 * rollups, the current states, the messages on `check_results`.
 *
 * Wherever `checkId` stands here (of a result, of missed slots, of a tail, in every query) it is the id of a series, a check at one
 * location: see `series.ts`. A store keeps series apart as it does checks, and need not know which belong together.
 */
import type { JsonObject } from "@bufbuild/protobuf";

/** Codes are stored; never renumber. */
export const resultStatuses = ["up", "degraded", "down", "unknown"] as const;
export type ResultStatus = (typeof resultStatuses)[number];
export type Trigger = "schedule" | "manual";

/** One stored result, flat for speed: thousands a second pass through. Times are epoch ms, durations ms, NaN = did not happen. */
export interface StoredResult {
  /** Position in the log; grows by at least one. 0 before it is stored. */
  sequence: number;
  tenantId: string;
  checkId: string;
  /** The store's own small number of the check. 0 lets the store find it. */
  checkNo: number;
  slotMs: number;
  startedAtMs: number;
  status: ResultStatus;
  trigger: Trigger;
  latencyMs: number;
  dnsMs: number;
  connectMs: number;
  tlsMs: number;
  firstByteMs: number;
  transferMs: number;
  lagMs: number;
  /** HTTP or gRPC status, 0 when none. */
  code: number;
  bodyBytes: number;
  attempts: number;
  /** How much of what passed was our own doing: time in which an answer waited for the probe to look at it. */
  probeLagMs: number;
  /** Connection requests that the network lost; a loss costs a second or more, which is not the target's. */
  lostSyns: number;
  /** Error, assertions, excerpt, attempts; undefined for a result that is simply up. */
  detail: ResultDetail | undefined;
}

export interface ResultDetail {
  error: { kind: string; message: string; hash: string } | undefined;
  observed: JsonObject;
  assertions: JsonObject[];
  attempts: JsonObject[];
}

export interface MissedSlots {
  tenantId: string;
  checkId: string;
  firstSlotMs: number;
  lastSlotMs: number;
  count: number;
  reason: string;
}

export type RollupTier = "minute" | "hour" | "day";

export interface StoredRollup {
  bucketMs: number;
  up: number;
  degraded: number;
  down: number;
  unknown: number;
  missed: number;
  latencySumMs: number;
  latencyMinMs: number;
  latencyMaxMs: number;
  /** Pairs (bucket, count) of the latency histogram. */
  histogram: number[];
}

/** How often a check was what, one number for each bucket of a range, those without a result included. */
export interface RunCounts {
  checkId: string;
  up: number[];
  degraded: number[];
  down: number[];
  unknown: number[];
  missed: number[];
}

export interface RunCountsQuery {
  tenantId: string;
  /** Those of another tenant, and those without results, are left out. */
  checkIds: readonly string[];
  tier: "hour" | "day";
  /** The buckets that begin before `toMs`, from the one that holds `fromMs`. */
  fromMs: number;
  toMs: number;
}

export interface HistoryQuery {
  tenantId: string;
  checkId: string;
  /** At most this many, those with the latest slots first. */
  limit: number;
  /** Only results whose slot lies before this one. */
  beforeMs: number;
  fromMs: number;
  status: ResultStatus | undefined;
}

/** What is known of a check when the store is opened. */
export interface CheckTail {
  tenantId: string;
  checkId: string;
  /** Newest scheduled slot with a result or a missed record. */
  lastSlotMs: number;
  /** Newest last, at most 60. */
  recent: StoredResult[];
}

/** How long what is kept, after its slot. */
export interface ResultRetention {
  resultsMs: number;
  minutesMs: number;
  hoursMs: number;
  daysMs: number;
}

export interface ResultStore {
  /** Rebuilds what was only in memory. Gives the tails of all checks. */
  open(): Promise<CheckTail[]>;
  /**
   * Stores results and missed records in one transaction and gives them their sequence numbers; resolves when they are on disk.
   */
  append(results: readonly StoredResult[], missed: readonly MissedSlots[]): Promise<void>;
  /** The results after `sequence`, in order, to be told again after a crash; none only when there are no more. */
  after(sequence: number, limit: number): Promise<StoredResult[]>;
  /** How far `check_results` has been handled; 0 at first. */
  relayed(): number;
  /** Remembered lazily: results after it are told again, which changes nothing. */
  markRelayed(sequence: number): void;
  history(query: HistoryQuery): Promise<StoredResult[]>;
  missed(tenantId: string, checkId: string, fromMs: number, toMs: number): Promise<MissedSlots[]>;
  rollups(tenantId: string, checkId: string, tier: RollupTier, fromMs: number, toMs: number): Promise<StoredRollup[]>;
  /** The same of many checks at once, for bars of them all, without latencies. */
  runCounts(query: RunCountsQuery): Promise<RunCounts[]>;
  /** Housekeeping in small steps: seals and counts what is full, deletes what is past its retention. */
  maintain(nowMs: number): Promise<void>;
  /** Forgets a check that was deleted. */
  forget(tenantId: string, checkId: string): Promise<void>;
  /** Writes what is only in memory; called last. */
  flush(): Promise<void>;
}
