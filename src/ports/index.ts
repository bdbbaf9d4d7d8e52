/**
 * What can be swapped, by name. A role lists the ports it uses; `app/plug.ts` chooses one adapter for each.
 * A repository has one owner role.
 */
import { roleDefiner } from "#kernel/role";
import type { Archive } from "./archive.ts";
import type { AuditStore } from "./audit.ts";
import type { ChannelStore } from "./channels.ts";
import type { CheckStore } from "./checks.ts";
import type { Egress } from "./egress.ts";
import type { IdentityStore } from "./identity.ts";
import type { IncidentStore } from "./incidents.ts";
import type { LeaseStore } from "./leases.ts";
import type { LedgerStore } from "./ledger.ts";
import type { ProtoStore } from "./protos.ts";
import type { Queue, QueueHandlers } from "./queue.ts";
import type { RateLimits } from "./rate_limits.ts";
import type { ResultStore } from "./results.ts";
import type { ScheduleStore } from "./schedules.ts";
import type { Vault } from "./vault.ts";

export interface Ports {
  /** auth */
  identity: IdentityStore;
  /** auth */
  audit: AuditStore;
  /** config */
  checks: CheckStore;
  /** scheduler */
  schedules: ScheduleStore;
  /** scheduler */
  leases: LeaseStore;
  /** core */
  results: ResultStore;
  /** incident */
  incidents: IncidentStore;
  /** notification */
  channels: ChannelStore;
  /** notification */
  ledger: LedgerStore;
  /** forge */
  protos: ProtoStore;
  /** gateway */
  rateLimits: RateLimits;
  /** cli */
  archive: Archive;
  queue: Queue;
  vault: Vault;
  egress: Egress;
}

export const defineRole = roleDefiner<Ports, QueueHandlers>();
