/** Everything that is known after a fault test: the truth, what the product answers, and what the receivers have seen. */
import type { SinkEntry } from "./sink.ts";
import type { Disturbance, Outage } from "./truth.ts";
import type { Asked } from "./world.ts";

export interface History {
  checks: WatchedCheck[];
  outages: readonly Outage[];
  /** What each target was asked, and how it answered. */
  requests: readonly Asked[];
  disturbances: readonly Disturbance[];
  incidents: IncidentSeen[];
  /** The ledger. */
  notifications: NotificationSeen[];
  deliveries: SinkEntry[];
  /** What the API has said yes to, and whether it is there now. */
  writes: AcknowledgedWrite[];
  /** What of time is judged reaches to here. */
  endedAtMs: number;
}

export interface WatchedCheck {
  id: string;
  target: string;
  everyMs: number;
  /** From the beginning of an outage until it is known to be one, as the product prints it. */
  detectMs: number;
  /** Who is to be told: channel by receiver. */
  channels: Record<string, string>;
  results: ResultSeen[];
  missed: MissedSeen[];
}

export interface ResultSeen {
  id: string;
  slotMs: number;
  startedAtMs: number;
  finishedAtMs: number;
  status: string;
  /** "schedule", or "manual" when somebody asked for it. */
  trigger: string;
  /** Measured by the clock that only goes forward. */
  latencyMs: number;
  /** What was wrong; "" when nothing was. */
  error: string;
}

export interface MissedSeen {
  firstSlotMs: number;
  lastSlotMs: number;
  count: number;
  reason: string;
}

export interface IncidentSeen {
  id: string;
  checkId: string;
  state: string;
  startedAtMs: number;
  openedAtMs: number;
  /** NaN while it is active. */
  resolvedAtMs: number;
  timeline: { type: string; atMs: number }[];
}

export interface NotificationSeen {
  id: string;
  incidentId: string;
  channelId: string;
  eventType: string;
  /** The message that carried it; "" for one that went by itself. */
  groupedInto: string;
  state: string;
  reason: string;
  lastError: string;
  attempts: number;
}

export interface AcknowledgedWrite {
  what: string;
  isThere: boolean;
}
