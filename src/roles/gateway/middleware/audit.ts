/** Every change, and every attempt at one that was refused, leaves an entry with who, what and how it ended. */
import type { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import type { Call } from "#kernel/call";
import { httpStatusOf, messageOf, toAppError } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { Client } from "#kernel/rpc/contract";

export interface AuditedRequest {
  action: string;
  params: Record<string, string>;
  call: Call;
  /** What the action alone does not say. */
  detail?: object;
}

export interface Audit {
  succeeded(request: AuditedRequest, body: unknown): Promise<void>;
  refused(request: AuditedRequest, error: unknown): Promise<void>;
}

/** Long enough for a busy store; the request itself may have used up its own time. */
const recordWithinMs = 5_000;
const neverAborts = new AbortController().signal;

export function createAudit(auth: Client<typeof AuthService>, log: Log, now: () => number): Audit {
  const record = async (call: Call, entry: { action: string; subject: string; outcome: string; detailJson: string }) => {
    // Without a tenant there is no chain to append to.
    if (call.tenantId === "") return;
    try {
      await auth.recordAudit(entry, { ...call, signal: neverAborts, deadlineMs: now() + recordWithinMs });
    } catch (error) {
      // The change has happened; telling the caller that it failed would be a second fault.
      log.error("audit entry lost", { action: entry.action, subject: entry.subject, requestId: call.requestId, reason: messageOf(error) });
    }
  };
  return {
    succeeded: ({ action, params, call, detail = {} }, body) => record(call, { action, subject: subjectOf(params, body), outcome: "ok", detailJson: JSON.stringify(detail) }),
    async refused({ action, params, call }, error) {
      const outcome = outcomeOf(error);
      if (outcome !== undefined) await record(call, { action, subject: subjectOf(params, undefined), outcome, detailJson: JSON.stringify({ code: toAppError(error).code }) });
    },
  };
}

/** Bad input changed nothing and leaves nothing; after a failure on our side nobody knows, so it is written down. */
function outcomeOf(error: unknown): "denied" | "failed" | undefined {
  const { code } = toAppError(error);
  if (code === "forbidden") return "denied";
  return httpStatusOf(code) >= 500 ? "failed" : undefined;
}

/** The thing itself: named in the path, or made by the request. */
function subjectOf(params: Record<string, string>, body: unknown): string {
  const named = Object.values(params)[0];
  if (named !== undefined) return named;
  if (typeof body !== "object" || body === null) return "";
  const { id, checkId, userId } = body as Record<string, unknown>;
  for (const candidate of [id, checkId, userId]) if (typeof candidate === "string") return candidate;
  return "";
}
