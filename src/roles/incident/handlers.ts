import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Result } from "#contracts/uptimeping/core/v1/core_pb";
import type { CheckResult } from "#contracts/uptimeping/events/v1/events_pb";
import type { IncidentSchema, IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { requireRole, tenantOf, type Call } from "#kernel/call";
import { invalidField } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { Log } from "#kernel/log";
import { idCursor, pageOf, pageSize } from "#kernel/page";
import type { Api } from "#kernel/rpc/contract";
import { carried } from "#kernel/tracing";
import type { Incident, IncidentFilter, TimelineEntry } from "#ports/incidents";
import type { QueueHandlers } from "#ports/queue";
import { acknowledge, comment, reopen, resolve, type Act } from "./acts.ts";
import type { TakenResult } from "./facts.ts";
import type { Incidents } from "./service.ts";

type IncidentAnswer = MessageInitShape<typeof IncidentSchema>;

const longestComment = 4000;
const states = ["open", "acknowledged", "resolved", "active"] as const;

/** What is about incidents themselves; maintenance and corrections have handlers of their own. */
type IncidentApi = Pick<
  Api<typeof IncidentService>,
  "listIncidents" | "getIncident" | "acknowledgeIncident" | "resolveIncident" | "reopenIncident" | "commentIncident" | "countOpenIncidents" | "watchIncidents" | "listCheckConditions"
>;

export function serveIncidents(incidents: Incidents): IncidentApi {
  const perform = async (act: Act, { id, comment }: { id: string; comment: string }, call: Call) => {
    requireRole(call, "editor");
    if (comment.length > longestComment) {
      throw invalidField("/comment", `the comment is too long: ${comment.length} characters, at most ${longestComment}`);
    }
    const actor = call.actor.type === "system" ? "system" : call.actor.id;
    const { incident, timeline } = await incidents.act(act, tenantOf(call), id, { actor, comment, traceparent: carried(call.traceparent) });
    return answer(incident, timeline);
  };
  return {
    async listIncidents({ state, checkId, limit, cursor }, call) {
      requireRole(call, "viewer");
      const size = pageSize(limit);
      const before = idCursor(cursor, "inc") || undefined;
      const rows = await incidents.list(tenantOf(call), { state: stateOf(state), checkId: checkId || undefined, before, limit: size + 1 });
      const { items, nextCursor } = pageOf(rows, size, ({ id }) => id);
      return { items: items.map((incident) => answer(incident, [])), nextCursor };
    },
    async getIncident({ id }, call) {
      requireRole(call, "viewer");
      const { incident, timeline } = await incidents.get(tenantOf(call), id);
      return answer(incident, timeline);
    },
    acknowledgeIncident: (request, call) => perform(acknowledge, request, call),
    resolveIncident: (request, call) => perform(resolve, request, call),
    reopenIncident: (request, call) => perform(reopen, request, call),
    commentIncident: async (request, call) => {
      if (request.comment.trim() === "") throw invalidField("/comment", "the comment is empty: say something");
      return perform(comment, request, call);
    },
    async countOpenIncidents(_request, call) {
      requireRole(call, "viewer");
      const wholePlatform = call.actor.type === "system" && call.tenantId === "";
      return incidents.countActive(wholePlatform ? undefined : tenantOf(call));
    },
    async listCheckConditions({ checkIds }, call) {
      requireRole(call, "viewer");
      return { items: incidents.conditions(tenantOf(call), checkIds) };
    },
    async *watchIncidents(_request, call) {
      requireRole(call, "viewer");
      for await (const { incident, timeline } of incidents.watch(tenantOf(call), call.signal)) yield answer(incident, timeline);
    },
  };
}

export function takeCheckResults(incidents: Incidents, log: Log): QueueHandlers["check_results"] {
  return async (batch) => {
    const taken: TakenResult[] = [];
    for (const delivery of batch) {
      // Neither the delivery's id nor the result is read without need: they are made for those who ask, and most results change nothing.
      const { tenantId, body } = delivery;
      if (body.check && body.status !== "" && body.sequence > 0) taken.push({ tenantId, body });
      else if (body.check && body.result && body.sequence > 0) taken.push({ tenantId, body: withBrief(body, body.result) });
      else log.error("a result came without itself, its check or its place in the log", { delivery: delivery.id, tenantId });
    }
    await incidents.takeResults(taken);
    failpoint("results_taken_before_ack");
    await Promise.all(batch.map((delivery) => delivery.ack()));
  };
}

/** An older core says no more than the result itself. */
function withBrief(body: CheckResult, { status, location, startedAtMs, scheduledAtMs }: Result): CheckResult {
  return { ...body, status, location, startedAtMs: startedAtMs || scheduledAtMs };
}

function answer(incident: Incident, timeline: TimelineEntry[]): IncidentAnswer {
  return { ...incident, timeline };
}

function stateOf(state: string): IncidentFilter["state"] {
  if (state === "") return undefined;
  const known = states.find((each) => each === state);
  if (!known) throw invalidField("/state", `no such state "${state}": one of ${states.join(", ")}`);
  return known;
}
