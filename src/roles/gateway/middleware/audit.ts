/** Every change, and every attempt at one that was refused, leaves an entry with who, what and how it ended. */
import type { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import type { Call, MemberRole } from "#kernel/call";
import { messageOf, toAppError } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { Client } from "#kernel/rpc/contract";
import type { Answer } from "../answer.ts";

export interface AuditedRequest {
  action: string;
  params: Record<string, string>;
  call: Call;
}

export interface Audit {
  succeeded(request: AuditedRequest, body: unknown, auditAs: Answer<unknown>["auditAs"]): Promise<void>;
  refused(request: AuditedRequest, error: unknown): Promise<void>;
}

/** Long enough for a busy store; the request itself may have used up its own time. */
const recordWithinMs = 5_000;

export function createAudit(auth: Client<typeof AuthService>, log: Log, now: () => number): Audit {
  const record = async (call: Call, entry: { action: string; subject: string; outcome: string; detailJson: string }) => {
    // Without a tenant there is no chain to append to: auth itself keeps what happens before somebody is known.
    if (call.tenantId === "") return;
    try {
      await auth.recordAudit(entry, { ...call, signal: neverAborts, deadlineMs: now() + recordWithinMs });
    } catch (error) {
      // The change has happened; telling the caller that it failed would be a second fault.
      log.error("audit entry lost", { action: entry.action, subject: entry.subject, requestId: call.requestId, reason: messageOf(error) });
    }
  };
  return {
    succeeded({ action, params, call }, body, auditAs) {
      const as: Call = auditAs ? { ...call, tenantId: auditAs.tenantId, actor: { ...call.actor, type: "user", id: auditAs.userId, role: auditAs.role as MemberRole } } : call;
      return record(as, { action, subject: subjectOf(params, body) || (auditAs?.userId ?? ""), outcome: "ok", detailJson: "" });
    },
    refused({ action, params, call }, error) {
      const { code } = toAppError(error);
      // A flood that the limits stop must not become a flood of entries.
      if (code === "rate_limited") return Promise.resolve();
      const outcome = code === "forbidden" || code === "unauthenticated" ? "denied" : "failed";
      return record(call, { action, subject: subjectOf(params, undefined), outcome, detailJson: JSON.stringify({ code }) });
    },
  };
}

const neverAborts = new AbortController().signal;

/** The thing itself: named in the path, or made by the request. */
function subjectOf(params: Record<string, string>, body: unknown): string {
  const named = Object.values(params)[0];
  if (named !== undefined) return named;
  if (typeof body !== "object" || body === null) return "";
  const { id, checkId, userId } = body as Record<string, unknown>;
  for (const candidate of [id, checkId, userId]) if (typeof candidate === "string") return candidate;
  return "";
}
