/** Which messages of the ledger fit, and what lies dead for each channel. */
import { t } from "./i18n.ts";
import type { Notification } from "./types.ts";

export interface MessageFilter {
  state: string;
  channelId: string;
  eventType: string;
  /** "1h", "24h", …: no older than this. */
  since: string;
  incidentId: string;
  id: string;
}

export const windows: Record<string, { label: string; ms: number }> = {
  "1h": { label: t("Last hour"), ms: 3_600_000 },
  "24h": { label: t("Last 24 hours"), ms: 86_400_000 },
  "7d": { label: t("Last 7 days"), ms: 7 * 86_400_000 },
  "30d": { label: t("Last 30 days"), ms: 30 * 86_400_000 },
};

export function fits(message: Notification, filter: MessageFilter, now: number): boolean {
  const { state, channelId, eventType, incidentId, id } = filter;
  return (
    (!state || message.state === state || (state === "waiting" && message.state === "sending")) &&
    (!channelId || message.channelId === channelId) &&
    (!eventType || message.eventType === eventType) &&
    (!incidentId || message.incidentId === incidentId) &&
    (!id || message.id === id || message.groupedInto === id) &&
    !isBefore(message, filter.since, now)
  );
}

/** What comes after it in the ledger is older still. */
export function isBefore({ createdAt }: Notification, since: string, now: number): boolean {
  const window = windows[since];
  return window !== undefined && now - Date.parse(createdAt) > window.ms;
}

export interface DeadOfChannel {
  channelId: string;
  channelName: string;
  /** Oldest first: the order in which they are sent again. */
  messages: Notification[];
}

export function deadByChannel(messages: readonly Notification[]): DeadOfChannel[] {
  const groups = new Map<string, DeadOfChannel>();
  for (const message of messages.toReversed()) {
    if (message.state !== "dead") continue;
    const { channelId, channelName } = message;
    const group = groups.get(channelId) ?? { channelId, channelName: channelName || channelId, messages: [] };
    group.messages.push(message);
    groups.set(channelId, group);
  }
  return [...groups.values()].sort((a, b) => b.messages.length - a.messages.length);
}
