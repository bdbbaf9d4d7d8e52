/** Which channels hear of what. Owned by the notification role. */
import type { Matcher } from "./matchers.ts";

export interface EscalationStep {
  /** After the incident opened, while nobody has acknowledged it. */
  afterMs: number;
  channels: string[];
}

export interface Route {
  /** `rte_…` */
  id: string;
  tenantId: string;
  name: string;
  /** Routes are asked in this order; the first that matches decides. */
  position: number;
  enabled: boolean;
  /** An empty list matches everything. */
  matchers: Matcher[];
  channels: string[];
  /** The routes after this one are asked as well. */
  continue: boolean;
  /** Labels by which messages are kept apart: one message for each combination of their values. Empty: all go together. */
  groupBy: string[];
  /** How long the first message of a group waits for others, and how long the next one waits after it; undefined follows from the channel. */
  groupWaitMs?: number;
  groupIntervalMs?: number;
  /** 0 for none. */
  reminderEveryMs: number;
  escalation: EscalationStep[];
  /** From 1, one more with every change. */
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface RouteStore {
  insert(route: Route): Promise<void>;
  find(tenantId: string, id: string): Promise<Route | undefined>;
  /** False when the stored version is not `seenVersion`, or the route is gone. */
  replace(route: Route, seenVersion: number): Promise<boolean>;
  /** False when there was none. */
  remove(tenantId: string, id: string): Promise<boolean>;
  /** All of a tenant, by position, then by id. */
  list(tenantId: string): Promise<Route[]>;
}
