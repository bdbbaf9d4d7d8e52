/** What happened in an incident, in one order: what was decided, and what was said to whom. */
import { t } from "./i18n.ts";
import type { Incident, Notification, TimelineEntry } from "./types.ts";

export type Happening = { kind: "decision"; key: string; at: string; entry: TimelineEntry } | { kind: "message"; key: string; at: string; message: Notification };

/** Oldest first. What was decided stands before what was said about it in the same millisecond. */
export function storyOf(timeline: readonly TimelineEntry[], messages: readonly Notification[]): Happening[] {
  const decided = timeline.map((entry): Happening => ({ kind: "decision", key: entry.id ?? entry.at + entry.type, at: entry.at, entry }));
  const said = messages.map((message): Happening => ({ kind: "message", key: message.id, at: timeOf(message), message })).reverse();
  return [...decided, ...said].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** When it arrived, else when it was last tried, else when it was due first. */
export function timeOf({ sentAt, attempts, createdAt }: Notification): string {
  return sentAt ?? attempts.at(-1)?.at ?? createdAt;
}

export interface Told {
  at: string;
  /** From the first failing run. */
  afterMs: number;
  channels: string[];
}

/** Who heard first; undefined while nobody has. */
export function firstTold({ startedAt }: Incident, messages: readonly Notification[]): Told | undefined {
  const sent = messages.filter(({ state, sentAt }) => state === "sent" && sentAt).sort((a, b) => Date.parse(a.sentAt!) - Date.parse(b.sentAt!));
  const first = sent[0];
  if (!first) return undefined;
  const channels = new Set(sent.filter(({ eventType }) => eventType === first.eventType).map(({ channelName, channelType }) => channelName || channelType));
  return { at: first.sentAt!, afterMs: Math.max(0, Date.parse(first.sentAt!) - Date.parse(startedAt)), channels: [...channels] };
}

/** The platform's own incidents have no check behind them that one could look at. */
export function hasCheck({ checkId }: Pick<Incident, "checkId">): boolean {
  return checkId !== "" && !checkId.startsWith("platform:");
}

export function titleOf({ checkId, checkName }: Pick<Incident, "checkId" | "checkName">): string {
  if (checkName || (checkId && !checkId.startsWith("platform:"))) return checkName || checkId;
  const part = checkId.replace(/^platform:/, "").replaceAll("_", " ");
  return part ? t("UptimePing itself: {part}", { part }) : t("UptimePing itself");
}

/** What is wrong, in one sentence: the error that was seen last. */
export function whatIsWrong({ causes = [] }: Pick<Incident, "causes">): string {
  return causes.toSorted((a, b) => Date.parse(b.lastSeenAt) - Date.parse(a.lastSeenAt))[0]?.message ?? "";
}

export function isFlapping(timeline: readonly TimelineEntry[]): boolean {
  return timeline.findLast(({ type }) => type === "flapping" || type === "flapping_ended")?.type === "flapping";
}
