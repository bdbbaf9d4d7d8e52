/** What the REST interface answers about routes and silences. */
import type { MaintenancePreview, Matcher } from "./types.ts";

export type CoveredChecks = Pick<MaintenancePreview, "checks" | "checkCount">;

export interface Silence {
  id: string;
  version: number;
  state: "pending" | "active" | "expired";
  matchers: Matcher[];
  startsAt: string;
  endsAt: string;
  comment: string;
  createdBy: string;
}

export interface AlertRoute {
  id: string;
  version: number;
  name: string;
  position: number;
  enabled: boolean;
  /** None matches everything. */
  matchers: Matcher[];
  channels: string[];
  /** The routes after it are asked as well. */
  continue: boolean;
  groupBy: string[];
  /** Null: as usual for the channel. */
  groupWaitMs: number | null;
  groupIntervalMs: number | null;
  /** 0 for never. */
  reminderEveryMs: number;
  escalation: EscalationStep[];
}

export interface EscalationStep {
  afterMs: number;
  channels: string[];
}

export interface RouteTrial {
  routes: { id: string; name: string }[];
  channels: { id: string; name: string | null; because: string }[];
}
