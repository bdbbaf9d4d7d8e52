/** Incidents that are active and unacknowledged, as far as somebody may have to be told again. Owned by the notification role. */
import type { Labels } from "./matchers.ts";

export interface FollowUp {
  tenantId: string;
  incidentId: string;
  /** Of the newest event of the incident that was taken in. */
  sequence: number;
  labels: Labels;
  /** The check's own channels; empty when routes decide. */
  wanted: string[];
  /** What the newest message said, as JSON. */
  payload: string;
  /** From here the steps of the escalation count. */
  openedAtMs: number;
  reminders: number;
  /** How many times it was told because a silence had ended. */
  unmutings: number;
  /** When it was told last, or would have been. */
  remindedAtMs: number;
  /** Steps of the escalation that are done. */
  steps: number;
  /** A silence kept it from being told: it is to be told when that has ended. */
  isMuted: boolean;
  /** When there is something to do next; 0 when nothing is planned. */
  dueAtMs: number;
}

export interface FollowUpStore {
  put(followUp: FollowUp): Promise<void>;
  /** False when what is stored is not `before` any more: an event of the incident came in between. */
  replace(after: FollowUp, before: FollowUp): Promise<boolean>;
  find(tenantId: string, incidentId: string): Promise<FollowUp | undefined>;
  remove(tenantId: string, incidentId: string): Promise<void>;
  /** Of all tenants, those that are due, oldest due time first. */
  due(nowMs: number, limit: number): Promise<FollowUp[]>;
  /** Undefined when nothing is planned. */
  nextDueAtMs(): Promise<number | undefined>;
  /** Of a tenant, to plan anew when routes or silences changed. */
  list(tenantId: string): Promise<FollowUp[]>;
  /** The wall clock was set: times that passed since are what they were. All of them are due, to be planned anew. */
  shift(byMs: number): Promise<void>;
}
