/** A channel that cannot deliver has another one stand in for it. */
import type { ChannelStore } from "#ports/channels";
import type { Claimed, LedgerDraft } from "#ports/ledger";
import { isForMachines, limitOf, type PipelineTools, store } from "./pipeline.ts";

/** So many failed attempts, and somebody else is told; the channel itself is tried on. */
const triesBefore = 3;
/** Members of one message stay one message. */
const togetherMs = 250;

export interface Failure {
  isDead: boolean;
  /** What the receiver said. */
  answer: string;
}

/**
 * After a failed attempt and before it is settled: a crash in between repeats both, and the ledger's unique key makes it one message.
 * One that stands in already has nobody behind it, so no circle can form.
 */
export async function standIn({ row, event, members }: Claimed, { isDead, answer }: Failure, tools: PipelineTools & { channels: ChannelStore }): Promise<void> {
  if ((!isDead && row.tries + 1 < triesBefore) || row.fallbackFor !== "") return;
  const { tenantId, channelId, channelName } = row;
  const fallbackId = (await tools.channels.find(tenantId, channelId))?.fallback ?? "";
  const channel = fallbackId === "" || fallbackId === channelId ? undefined : await tools.channels.find(tenantId, fallbackId);
  if (channel === undefined || !channel.enabled) return;
  for (const one of [event, ...members.map((member) => member.event)]) {
    const draft: LedgerDraft = {
      id: tools.ids.next("ntf"),
      channelId: channel.id,
      channelName: channel.name,
      channelType: channel.type,
      state: "waiting",
      reason: "queued",
      because: `stands in for "${channelName}": ${answer.slice(0, 200)}`,
      fallbackFor: channelId,
      createdAtMs: tools.now(),
      nextAttemptAtMs: tools.now(),
      ...limitOf(channel.type),
      ...(members.length > 0 && !isForMachines(channel.type) && { grouping: { key: `fallback\n${row.id}`, waitMs: togetherMs, intervalMs: 0 } }),
    };
    await store(one, [draft], tools);
  }
}
