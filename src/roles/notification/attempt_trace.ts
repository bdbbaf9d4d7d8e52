/** An attempt as a part of the trace that led to it. */
import type { Tracing } from "#kernel/tracing";
import type { Claimed, LedgerEvent } from "#ports/ledger";
import type { EventData } from "./event_data.ts";
import type { Answer } from "./senders/sender.ts";

/** `send` is given what a receiver may go on with; "" when there is no trace. */
export async function tracedAttempt({ row, event, members }: Claimed, tracing: Tracing, send: (traceparent: string) => Promise<Answer>): Promise<Answer> {
  const attributes = {
    "uptimeping.notification_id": row.id,
    "uptimeping.incident_id": row.incidentId,
    "uptimeping.channel_id": row.channelId,
    "uptimeping.channel_type": row.channelType,
    "uptimeping.event_type": row.eventType,
    "uptimeping.attempt": row.tries + 1,
    "uptimeping.grouped": members.length,
  };
  const span = tracing.span(`notify ${row.channelType}`, traceparentOf(event), { kind: "client", attributes });
  const answer = await send(span.traceparent);
  // Not what was answered: that is somebody else's text.
  span.end(answer.ok ? {} : { problem: answer.next === "give_up" ? answer.reason : "retry" });
  return answer;
}

/** "" when it is not traced. */
export function traceparentOf({ payload }: LedgerEvent): string {
  return payload.includes('"traceparent":"') ? ((JSON.parse(payload) as EventData).traceparent ?? "") : "";
}
