/** What people say of the past: kept beside the results, which stay as they are, and told in the timeline of the incidents it is about. */
import { iso, type Clock } from "#kernel/clock";
import { AppError, type FieldError } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import { type Correction, type CorrectionStore, countedAs } from "#ports/corrections";
import type { Incident } from "#ports/incidents";
import { correct } from "../acts.ts";
import type { Incidents } from "../service.ts";

export interface WrittenCorrection {
  checkId: string;
  fromMs: number;
  toMs: number;
  countAs: string;
  reason: string;
}

export interface Corrections {
  create(tenantId: string, actor: string, written: WrittenCorrection): Promise<Correction>;
  list(tenantId: string, checkId: string): Promise<Correction[]>;
  remove(tenantId: string, actor: string, which: { checkId: string; id: string }): Promise<void>;
  /** Those that touch a range, oldest first. */
  touching(tenantId: string, fromMs: number, toMs: number): Promise<Correction[]>;
}

export interface CorrectionsOptions {
  store: CorrectionStore;
  incidents: Pick<Incidents, "list" | "act">;
  clock: Clock;
  ids: Ids;
}

const mostOfCheck = 500;
const longestReason = 1_000;
/** A clock that is a little ahead of ours is not the future. */
const tolerantMs = 60_000;
const pageOfIncidents = 200;

export function createCorrections({ store, incidents, clock, ids }: CorrectionsOptions): Corrections {
  /** Tells of it in every incident of the check that it overlaps. */
  const tell = async ({ tenantId, checkId, fromMs, toMs }: Correction, actor: string, comment: string) => {
    for await (const incident of incidentsOf(incidents, tenantId, checkId)) {
      const lasted = incident.startedAtMs < toMs && (incident.endedAtMs === 0 || incident.endedAtMs > fromMs);
      if (lasted) await incidents.act(correct, tenantId, incident.id, { actor, comment });
    }
  };

  return {
    async create(tenantId, actor, written) {
      const nowMs = clock.now();
      const correction = parsed(written, nowMs);
      const stored: Correction = { ...correction, id: ids.next("cor"), tenantId, createdBy: actor, createdAtMs: nowMs };
      if (!(await store.insert(stored, mostOfCheck))) {
        throw new AppError("failed_precondition", `this check has ${mostOfCheck} corrections: delete some that no longer matter, or correct a longer time at once`);
      }
      await tell(stored, actor, `${spanText(stored)} counts as ${stored.countAs}: ${stored.reason}`);
      return stored;
    },
    list: (tenantId, checkId) => store.list(tenantId, checkId),
    async remove(tenantId, actor, { checkId, id }) {
      const stored = await store.find(tenantId, checkId, id);
      if (!stored || !(await store.remove(tenantId, checkId, id))) throw new AppError("not_found", `no correction ${JSON.stringify(id.slice(0, 80))} of this check`);
      await tell(stored, actor, `${spanText(stored)} no longer counts as ${stored.countAs}`);
    },
    touching: (tenantId, fromMs, toMs) => store.touching(tenantId, fromMs, toMs),
  };
}

function parsed({ checkId, fromMs, toMs, countAs, reason }: WrittenCorrection, nowMs: number): Pick<Correction, "checkId" | "fromMs" | "toMs" | "countAs" | "reason"> {
  const fields: FieldError[] = [];
  const known = countedAs.find((each) => each === countAs);
  if (known === undefined) fields.push({ pointer: "/countAs", message: `no such outcome ${JSON.stringify(countAs)}: one of ${countedAs.join(", ")}` });
  if (!(fromMs > 0)) fields.push({ pointer: "/from", message: "must be a time" });
  if (!(toMs > fromMs)) fields.push({ pointer: "/to", message: "must be after from" });
  else if (toMs > nowMs + tolerantMs) fields.push({ pointer: "/to", message: "is still to come: what is planned is a maintenance window" });
  if (reason.trim() === "") fields.push({ pointer: "/reason", message: "must say why: it is shown wherever the uptime is" });
  else if (reason.length > longestReason) fields.push({ pointer: "/reason", message: `must be at most ${longestReason} characters` });
  if (fields.length > 0) throw new AppError("invalid_argument", `the correction is not valid: ${fields.length === 1 ? fields[0]!.message : `${fields.length} problems`}`, { fields });
  return { checkId, fromMs: Math.floor(fromMs), toMs: Math.floor(toMs), countAs: known!, reason: reason.trim() };
}

async function* incidentsOf(incidents: CorrectionsOptions["incidents"], tenantId: string, checkId: string): AsyncGenerator<Incident> {
  for (let before: string | undefined; ; ) {
    const page = await incidents.list(tenantId, { state: undefined, checkId, before, limit: pageOfIncidents });
    yield* page;
    if (page.length < pageOfIncidents) return;
    before = page.at(-1)!.id;
  }
}

function spanText({ fromMs, toMs }: Correction): string {
  return `${iso(fromMs)} to ${iso(toMs)}`;
}
