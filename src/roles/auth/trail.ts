/** The audit trail: what happened, written so that nothing in it can act on whoever reads it later. */
import type { Actor, Call } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import { type AuditEntry, type AuditStore, chainHash, chainStart } from "#ports/audit";

export type Outcome = "ok" | "denied" | "failed";

export interface Event {
  /** "auth.login", "member.remove", … */
  action: string;
  /** Id of the thing, "" when there is none. */
  subject: string;
  outcome: Outcome;
  detail?: Record<string, unknown>;
  /** Who, when the call itself does not know yet (signing in). */
  actor?: Pick<Actor, "id" | "type">;
  tenantId?: string;
}

export interface ChainReport {
  ok: boolean;
  entries: number;
  brokenAt: string;
  reason: string;
}

export interface Trail {
  record(call: Call, event: Event): Promise<void>;
  /** Like `record`, from a detail that somebody else wrote as JSON. */
  recordJson(call: Call, event: Event, detailJson: string): Promise<void>;
  /** Runs `work`, then records that it was done, or that it was not allowed. Other failures changed nothing and say nothing. */
  around<T>(call: Call, event: Omit<Event, "outcome">, work: () => Promise<T>): Promise<T>;
  /** Newest first. */
  list(tenantId: string, page: Parameters<AuditStore["newest"]>[1]): Promise<AuditEntry[]>;
  verify(tenantId: string): Promise<ChainReport>;
}

const longestDetail = 8_192;
const verifyPage = 500;

export function createTrail(deps: { audit: AuditStore; clock: Clock; ids: Ids }): Trail {
  const { audit, clock, ids } = deps;

  const recordJson = async (call: Call, event: Event, detailJson: string) => {
    await audit.append({
      id: ids.next("aud"),
      tenantId: event.tenantId ?? call.tenantId,
      atMs: Math.floor(clock.now()),
      actor: inert(event.actor?.id ?? call.actor.id, 100),
      actorType: event.actor?.type ?? call.actor.type,
      ip: inert(call.actor.ip, 64),
      action: inert(event.action, 100),
      subject: inert(event.subject, 200),
      outcome: event.outcome,
      detailJson: inertJson(detailJson),
      requestId: inert(call.requestId, 100),
    });
  };
  const record = (call: Call, event: Event) => recordJson(call, event, JSON.stringify(event.detail ?? {}));

  return {
    record,
    recordJson,
    async around(call, event, work) {
      try {
        const value = await work();
        await record(call, { ...event, outcome: "ok" });
        return value;
      } catch (error) {
        if (error instanceof AppError && error.code === "forbidden") await record(call, { ...event, outcome: "denied" });
        throw error;
      }
    },
    list: (tenantId, page) => audit.newest(tenantId, page),
    verify: (tenantId) => verifyChain(audit, tenantId),
  };
}

/** Bounded, and free of what a database, a terminal or a log could trip over: it reads back exactly as it was hashed. */
function inert(text: string, longest: number): string {
  return text.slice(0, longest).toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "\ufffd");
}

/** An entry is never refused for its detail: what is too long or not JSON is kept as a text. */
function inertJson(json: string): string {
  if (json === "") return "{}";
  try {
    const compact = JSON.stringify(JSON.parse(json)) as string;
    if (compact.length <= longestDetail) return inert(compact, longestDetail);
  } catch {
    // Falls through: kept as text.
  }
  return JSON.stringify({ text: inert(json, longestDetail / 4) });
}

/** Walks the chain from its start and names the first entry that does not fit. */
async function verifyChain(audit: AuditStore, tenantId: string): Promise<ChainReport> {
  let { entries, hash } = chainStart;
  let lastId = "";
  const broken = (brokenAt: string, reason: string): ChainReport => ({ ok: false, entries, brokenAt, reason });
  for (;;) {
    const page = await audit.oldest(tenantId, entries, verifyPage);
    for (const entry of page) {
      if (entry.seq !== entries + 1) return broken(entry.id, `entry ${entries + 1} is missing before it`);
      const { hash: itsHash, ...content } = entry;
      if (chainHash(hash, content) !== itsHash) return broken(entry.id, `entry ${entry.seq} was changed, moved or put in`);
      entries = entry.seq;
      hash = itsHash;
      lastId = entry.id;
    }
    if (page.length > 0) continue;
    const head = await audit.head(tenantId);
    // Entries that were appended while we walked are on the next page.
    if (head.entries > entries && (await audit.oldest(tenantId, entries, 1)).length > 0) continue;
    if (head.entries > entries) return broken(lastId, `the log ends early: ${head.entries - entries} entries after it are missing`);
    if (head.entries < entries || head.hash !== hash) return broken(lastId, "the log's recorded end is another one");
    return { ok: true, entries, brokenAt: "", reason: "" };
  }
}
