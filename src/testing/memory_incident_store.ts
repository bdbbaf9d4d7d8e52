/** Incidents in memory, for simulations of months. Keeps what the memory changes in place as text, as a disk does. */
import { AppError } from "#kernel/errors";
import type { CheckState, Incident, IncidentChange, IncidentFilter, IncidentStore, OutboxEvent, TimelineEntry } from "#ports/incidents";
import { platformTenant } from "#ports/platform_tenant";

interface Kept {
  incident: Incident;
  timeline: TimelineEntry[];
}

export function createMemoryIncidentStore(): IncidentStore {
  const incidents = new Map<string, Kept>();
  const states = new Map<string, string>();
  let activeOf = new Map<string, string>();
  let outbox: OutboxEvent[] = [];

  const write = ({ incident, timeline }: IncidentChange) => {
    const before = incidents.get(incident.id)?.timeline ?? [];
    incidents.set(incident.id, { incident, timeline: before.concat(timeline) });
  };

  const all = () => [...incidents.values()].map((kept) => kept.incident);

  const stored = () =>
    [...states.values()].map((text) => {
      const state = JSON.parse(text) as CheckState;
      return { state, incident: incidents.get(state.incidentId)?.incident };
    });

  return {
    async commit(changes) {
      const owners = new Map(changes.incidents.map(({ incident }) => [incident.id, incidents.get(incident.id)?.incident ?? incident]));
      activeOf = activeAfter(activeOf, changes.incidents, owners);
      changes.incidents.forEach(write);
      for (const state of changes.states) states.set(state.checkId, JSON.stringify(state));
      outbox.push(...changes.events);
    },
    loadStates: async () => stored(),
    get: async (tenantId, id) => {
      const found = incidents.get(id);
      return found?.incident.tenantId === tenantId ? found : undefined;
    },
    list: async (tenantId, filter) =>
      all()
        .filter((each) => each.tenantId === tenantId && isWanted(each, filter))
        .sort((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, filter.limit),
    countActive: async (tenantId) => {
      const active = all().filter((each) => each.state !== "resolved" && (tenantId === undefined ? each.tenantId !== platformTenant : each.tenantId === tenantId));
      const critical = active.filter((each) => each.severity === "critical").length;
      return { critical, warning: active.length - critical };
    },
    waitingEvents: async (limit) => outbox.slice(0, limit),
    async removeEvents(ids) {
      outbox = outbox.filter((event) => !ids.includes(event.id));
    },
    async deleteBefore(beforeMs, limit) {
      const old = all().filter((each) => each.state === "resolved" && each.resolvedAtMs < beforeMs).slice(0, limit);
      const quiet = stored().filter(({ state, incident }) => isIdle(state, beforeMs) && (!incident || incident.state === "resolved")).slice(0, limit);
      for (const { id } of old) incidents.delete(id);
      for (const { state } of quiet) states.delete(state.checkId);
      return old.length;
    },
    async deleteOfTenant(tenantId, beforeMs) {
      for (const { id, tenantId: owner, openedAtMs, checkId } of all()) {
        if (owner !== tenantId || openedAtMs >= beforeMs) continue;
        incidents.delete(id);
        if (activeOf.get(checkId) === id) activeOf.delete(checkId);
      }
      for (const { state } of stored()) if (state.tenantId === tenantId && isUntouchedSince(state, beforeMs)) states.delete(state.checkId);
    },
  };
}

/** Refuses before anything is written: a second active incident of a check, and an incident of another tenant. */
function activeAfter(before: Map<string, string>, changes: IncidentChange[], owners: Map<string, Incident>): Map<string, string> {
  const active = new Map(before);
  for (const { incident } of changes) {
    const { id, checkId, state, tenantId } = incident;
    if (owners.get(id)!.tenantId !== tenantId) throw new AppError("not_found", `no incident ${id}`);
    const other = active.get(checkId);
    if (state === "resolved") {
      if (other === id) active.delete(checkId);
      continue;
    }
    if (other !== undefined && other !== id) throw new AppError("already_exists", `${checkId} has ${other}`);
    active.set(checkId, id);
  }
  return active;
}

function isWanted({ id, checkId, state }: Incident, filter: IncidentFilter): boolean {
  const isOfCheck = filter.checkId === undefined || checkId === filter.checkId;
  const isInState = filter.state === undefined || state === filter.state || (filter.state === "active" && state !== "resolved");
  return isOfCheck && isInState && (filter.before === undefined || id < filter.before);
}

function isIdle(state: CheckState, beforeMs: number): boolean {
  return isUntouchedSince(state, beforeMs) && state.locations.every((each) => each.failures === 0);
}

function isUntouchedSince({ locations }: CheckState, beforeMs: number): boolean {
  return locations.every((each) => each.lastRunAtMs < beforeMs);
}
