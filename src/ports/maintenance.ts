/**
 * Where maintenance windows are kept, and apart from them what they covered: people change and delete windows, and the past must
 * stay what it was. Owned by the incident role. Times are epoch milliseconds.
 */
import type { Matcher } from "./matchers.ts";

/** As a person wrote it; durations and times stay texts, since "08:30 in Berlin" is not an instant. */
export type MaintenanceSchedule =
  | { start: string; end: string }
  | { cron: string; duration: string; timezone: string }
  | { rrule: string; dtstart: string; duration: string; timezone: string; exdates?: string[] };

export interface MaintenanceWindow {
  /** `mnt_…` */
  id: string;
  tenantId: string;
  name: string;
  description: string;
  enabled: boolean;
  /** Never empty: a window that covers everything says so. */
  matchers: Matcher[];
  schedule: MaintenanceSchedule;
  /** Somebody ended it: occurrences that began until then are over. 0 for never. */
  endedAtMs: number;
  /** From 1, one more with every change. */
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
}

/** What one occurrence of a window covered, or a part of it when checks came and went meanwhile. */
export interface MaintenanceSpan {
  tenantId: string;
  windowId: string;
  fromMs: number;
  /** Not included. In the future while it lasts. */
  toMs: number;
  /** In order of their ids. */
  checkIds: string[];
}

/** An open span that another one follows, or that ended before its time. */
export type SpanKey = Pick<MaintenanceSpan, "tenantId" | "windowId" | "fromMs">;

export interface MaintenanceStore {
  insert(window: MaintenanceWindow): Promise<void>;
  find(tenantId: string, id: string): Promise<MaintenanceWindow | undefined>;
  /** False when the stored version is not `seenVersion`, or the window is gone. */
  replace(window: MaintenanceWindow, seenVersion: number): Promise<boolean>;
  /** False when there was none. What it covered stays. */
  remove(tenantId: string, id: string): Promise<boolean>;
  /** Ordered by id, those after `cursor`; "" for the first page. */
  list(tenantId: string, cursor: string, limit: number): Promise<MaintenanceWindow[]>;
  /** The windows of all tenants, for the start. */
  all(): Promise<MaintenanceWindow[]>;
  /** Writes a span; one with the same key is replaced. */
  putSpan(span: MaintenanceSpan): Promise<void>;
  /** Sets the end of a span; one that would end where it begins is removed. */
  endSpan(key: SpanKey, toMs: number): Promise<void>;
  /** The span of each window that began last, of all tenants. */
  lastSpans(): Promise<MaintenanceSpan[]>;
  /** The spans of a tenant that touch a range, oldest first. Spans over the same checks share one list. */
  spans(tenantId: string, fromMs: number, toMs: number): Promise<MaintenanceSpan[]>;
  /** Removes at most `limit` spans that ended before; gives how many. */
  removeSpansBefore(beforeMs: number, limit: number): Promise<number>;
}
