/** What lies over the results wherever uptime is read: maintenance first, then the corrections, which hold against it, oldest first. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CheckListSchema, IncidentService, OverlaySpanSchema } from "#contracts/uptimeping/incident/v1/incident_pb";
import { requireRole, tenantOf } from "#kernel/call";
import type { Api } from "#kernel/rpc/contract";
import type { Corrections } from "./corrections/service.ts";
import type { Maintenance } from "./maintenance/service.ts";

export function serveOverlay(maintenance: Pick<Maintenance, "spans">, corrections: Pick<Corrections, "touching">): Pick<Api<typeof IncidentService>, "getOverlay"> {
  return {
    async getOverlay({ fromMs, toMs }, call) {
      requireRole(call, "viewer");
      const tenantId = tenantOf(call);
      const spans: MessageInitShape<typeof OverlaySpanSchema>[] = [];
      const selections: MessageInitShape<typeof CheckListSchema>[] = [];
      const indexes = new Map<string[] | string, number>();
      const indexOf = (key: string[] | string, checkIds: string[]) => {
        if (!indexes.has(key)) indexes.set(key, selections.push({ checkIds }) - 1);
        return indexes.get(key)!;
      };
      for (const { checkIds, ...span } of await maintenance.spans(tenantId, fromMs, toMs)) {
        spans.push({ fromMs: span.fromMs, toMs: span.toMs, countAs: "maintenance", selection: indexOf(checkIds, checkIds), isCorrection: false });
      }
      for (const { checkId, ...span } of await corrections.touching(tenantId, fromMs, toMs)) {
        spans.push({ fromMs: span.fromMs, toMs: span.toMs, countAs: span.countAs, selection: indexOf(checkId, [checkId]), isCorrection: true });
      }
      return { spans, selections };
    },
  };
}
