/** The streams and consumers, which are made again by themselves when a server has lost them. */
import { AckPolicy, DiscardPolicy, JetStreamApiError, jetstream, jetstreamManager, RetentionPolicy, StorageType, type JetStreamClient, type JetStreamManager, type StreamConfig } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { queueNames, type QueueName } from "#ports/queue";
import type { NatsAddress } from "./address.ts";

const msAsNs = 1_000_000;
const answerMs = 5_000;
/** What is published twice within it under one id is stored once. */
const duplicatesMs = 2 * 60_000;
const deadLettersForMs = 90 * 86_400_000;
/** The oldest goes when there are more. */
const mostDeadLetters = 10_000;
const alreadyThere = 10_058;

export const consumerName = "workers";

export interface Streams {
  js: JetStreamClient;
  manager: JetStreamManager;
}

export interface Names {
  stream(queue: QueueName): string;
  subject(queue: QueueName): string;
  deadStream: string;
  /** One subject for each dead letter, so that a newer one replaces it. */
  deadSubject(tenantId: string, id: string): string;
  deadSubjectsOf(tenantId: string): string;
}

export function namesOf({ prefix }: NatsAddress): Names {
  const token = (text: string) => Buffer.from(text).toString("base64url") || "-";
  return {
    stream: (queue) => `${prefix}_${queue}`,
    subject: (queue) => `${prefix}.${queue}`,
    deadStream: `${prefix}_dead_letters`,
    deadSubject: (tenantId, id) => `${prefix}.dead_letters.${token(tenantId)}.${token(id)}`,
    deadSubjectsOf: (tenantId) => `${prefix}.dead_letters.${token(tenantId)}.*`,
  };
}

/** A message that nobody answers comes again after `ackWaitMs`. */
export async function makeStreams(connection: NatsConnection, address: NatsAddress, ackWaitMs: number): Promise<Streams> {
  const names = namesOf(address);
  const manager = await jetstreamManager(connection, { timeout: answerMs });
  const common = { storage: StorageType.File, num_replicas: address.replicas };
  const add = async (config: Partial<StreamConfig> & { name: string }) => {
    try {
      await manager.streams.add(config);
    } catch (error) {
      // An administrator may have other wishes for it.
      if (!(error instanceof JetStreamApiError) || error.code !== alreadyThere) throw error;
    }
  };
  for (const queue of queueNames) {
    await add({ ...common, name: names.stream(queue), subjects: [names.subject(queue)], retention: RetentionPolicy.Workqueue, duplicate_window: duplicatesMs * msAsNs });
    await manager.consumers.add(names.stream(queue), { durable_name: consumerName, ack_policy: AckPolicy.Explicit, ack_wait: ackWaitMs * msAsNs, max_ack_pending: 100_000, max_deliver: -1 });
  }
  await add({
    ...common,
    name: names.deadStream,
    subjects: [`${address.prefix}.dead_letters.>`],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_msgs: mostDeadLetters,
    max_msgs_per_subject: 1,
    max_age: deadLettersForMs * msAsNs,
  });
  return { manager, js: jetstream(connection, { timeout: answerMs }) };
}
