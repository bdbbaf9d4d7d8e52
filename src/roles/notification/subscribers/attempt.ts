/**
 * One attempt to tell a subscriber of a status page. Address, secret and tokens are asked for now: they stand in no ledger, and whoever
 * unsubscribed while a message waited does not get it.
 */
import { systemCall, withTimeout } from "#kernel/call";
import { toAppError } from "#kernel/errors";
import type { Claimed } from "#ports/ledger";
import type { AttemptTools } from "../attempt.ts";
import type { EmailSettings } from "../channel_schema.ts";
import type { EventData } from "../event_data.ts";
import { sendEmail } from "../senders/email.ts";
import type { Answer, Message } from "../senders/sender.ts";
import { sendWebhook } from "../senders/webhook.ts";
import { subscriberWords } from "./words.ts";

const withinMs = 5_000;

export async function tellSubscriber({ row, event }: Claimed, tools: AttemptTools, timeoutMs: number): Promise<Answer> {
  const { message, subscriber, status } = JSON.parse(event.payload) as EventData;
  if (message === undefined || subscriber === undefined) return gone("the message says nothing");
  const found = await tools.subscribers.getSubscriber({ pageId: subscriber.pageId, id: subscriber.id }, withTimeout(systemCall("notification", row.tenantId), tools.clock, withinMs)).catch((error: unknown) => {
    if (toAppError(error).code === "not_found") return undefined;
    throw error;
  });
  if (found === undefined) return gone("the subscriber is not there any more");
  const isConfirm = subscriber.purpose === "confirm";
  if (isConfirm !== (found.confirmedAtMs === 0)) return gone(isConfirm ? "the subscription is confirmed already" : "the subscription was not confirmed");
  const linkOf = (token: string) => `${subscriber.base}/status/-/link/${token}`;
  const unsubscribe = linkOf(found.unsubscribeToken);
  const sent: Message = { id: row.id, type: event.type, atMs: event.atMs, data: {}, reached: row.reached };
  const around = { clock: tools.clock, signal: tools.signal, timeoutMs };
  if (found.kind === "webhook") {
    const links: Record<string, string> = isConfirm ? { confirm: linkOf(found.confirmToken) } : { unsubscribe };
    const data = { status: { ...status, links, ...(isConfirm && { secret: found.webhookSecret }) } };
    return sendWebhook({ ...sent, data }, { url: found.address, secret: found.webhookSecret, method: "POST" } as never, { ...around, gate: tools.visitorGate });
  }
  const channel = await tools.store.find(row.tenantId, subscriber.emailChannel);
  if (channel?.type !== "email") return { ok: false, text: "the e-mail channel of the page was deleted", next: "give_up", reason: "channel_deleted" };
  if (!channel.enabled) return { ok: false, text: "the e-mail channel of the page is disabled", next: "give_up", reason: "channel_disabled" };
  const words = subscriberWords(subscriber.language);
  const footer = isConfirm ? [linkOf(found.confirmToken)] : [`${words.page}: ${pageAddress(status)}`, `${words.unsubscribe}: ${unsubscribe}`];
  const data = { message: { subject: message.subject, text: `${message.text}\n\n${footer.join("\n")}` } };
  // The channel lends its server and its sender; what it says to its own people, it does not say to these.
  const { template: _template, subject: _subject, ...settings } = tools.channels.open(channel) as unknown as EmailSettings;
  return sendEmail({ ...sent, data, locale: subscriber.language, listUnsubscribe: unsubscribe }, { ...settings, to: [found.address] } as EmailSettings, { ...around, gate: tools.gates(row.tenantId) });
}

function pageAddress(status: EventData["status"]): string {
  const page = status?.["page"] as { url?: string } | undefined;
  return page?.url ?? "";
}

function gone(text: string): Answer {
  return { ok: false, text, next: "give_up", reason: "unsubscribed" };
}
