/** What the REST interface answers about the latency of a check, and what lies over its results. */
import type { Phases } from "./types.ts";

export interface LatencyPoint {
  at: string;
  count: number;
  avgMs: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  maxMs: number | null;
  down: number;
  /** Means; null where nobody asked, or where it is not known. */
  phases: Required<Phases> | null;
}

export interface Latency {
  window: string;
  from: string;
  to: string;
  stepMs: number;
  phasesFrom: string | null;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  points: LatencyPoint[];
}

/** Maintenance, or a correction of the past. */
export interface OverlaySpan {
  from: string;
  to: string;
  countAs: string;
  isCorrection: boolean;
}
