/**
 * What can be swapped, by name. A role lists the ports it uses; `app/plug.ts` chooses one adapter for each.
 * A repository has one owner role.
 */
import { roleDefiner } from "#kernel/role";
import type { Archive } from "./archive.ts";
import type { AuditStore } from "./audit.ts";
import type { BaselineStore } from "./baselines.ts";
import type { Cache } from "./cache.ts";
import type { ChannelStore } from "./channels.ts";
import type { CheckStore } from "./checks.ts";
import type { CorrectionStore } from "./corrections.ts";
import type { Egress } from "./egress.ts";
import type { FollowUpStore } from "./follow_ups.ts";
import type { HeartbeatStore } from "./heartbeats.ts";
import type { IdentityStore } from "./identity.ts";
import type { IncidentStore } from "./incidents.ts";
import type { LeaseStore } from "./leases.ts";
import type { LedgerStore } from "./ledger.ts";
import type { MaintenanceStore } from "./maintenance.ts";
import type { ProtoStore } from "./protos.ts";
import type { Queue, QueueHandlers } from "./queue.ts";
import type { RateLimits } from "./rate_limits.ts";
import type { ResultStore } from "./results.ts";
import type { RouteStore } from "./routes.ts";
import type { ScheduleStore } from "./schedules.ts";
import type { SilenceStore } from "./silences.ts";
import type { StatusPageStore } from "./status_pages.ts";
import type { StatusSubscriberStore } from "./status_subscribers.ts";
import type { TemplateStore } from "./templates.ts";
import type { Vault } from "./vault.ts";

export interface Ports {
  /** auth */
  identity: IdentityStore;
  /** auth */
  audit: AuditStore;
  /** config */
  checks: CheckStore;
  /** config */
  statusPages: StatusPageStore;
  /** config */
  statusSubscribers: StatusSubscriberStore;
  /** scheduler */
  schedules: ScheduleStore;
  /** scheduler */
  leases: LeaseStore;
  /** core */
  results: ResultStore;
  /** core */
  heartbeats: HeartbeatStore;
  baselines: BaselineStore;
  /** incident */
  incidents: IncidentStore;
  /** incident */
  maintenance: MaintenanceStore;
  /** incident */
  corrections: CorrectionStore;
  /** notification */
  channels: ChannelStore;
  /** notification */
  ledger: LedgerStore;
  /** notification */
  routes: RouteStore;
  /** notification */
  silences: SilenceStore;
  /** notification */
  followUps: FollowUpStore;
  /** notification */
  templates: TemplateStore;
  /** forge */
  protos: ProtoStore;
  /** gateway */
  rateLimits: RateLimits;
  /** gateway */
  cache: Cache;
  /** cli */
  archive: Archive;
  queue: Queue;
  vault: Vault;
  egress: Egress;
}

export const defineRole = roleDefiner<Ports, QueueHandlers>();
