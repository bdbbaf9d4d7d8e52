/**
 * The three queues. At-least-once in every adapter: a message may come twice and out of order, so consumers are idempotent.
 */
import type { MessageShape } from "@bufbuild/protobuf";
import { CheckResultSchema, CheckTaskSchema, IncidentEventSchema } from "#contracts/uptimeping/events/v1/events_pb";

/** Queue name → the message it carries. */
export const queueSchemas = {
  /** scheduler → core */
  check_tasks: CheckTaskSchema,
  /** core → incident */
  check_results: CheckResultSchema,
  /** incident → notification */
  notifications: IncidentEventSchema,
} as const;

/** Where checks run from that name no other location: beside the core that leads. */
export const homeLocation = "default";

export type QueueName = keyof typeof queueSchemas;
export const queueNames = Object.keys(queueSchemas) as QueueName[];
export type QueueBody<Q extends QueueName> = MessageShape<(typeof queueSchemas)[Q]>;

export interface OutgoingMessage<Q extends QueueName> {
  /** The publisher's own identity of the message, for logs and the dead-letter list. */
  id: string;
  tenantId: string;
  body: QueueBody<Q>;
}

export interface PublishOptions {
  /**
   * True when the publisher can compute the message again after a crash (a due slot, a stored result). Such a message need
   * not be written to disk before it is handled; `publish` then resolves when it *has been handled*, so that the
   * publisher knows from where to compute again.
   */
  recomputable: boolean;
}

export interface Delivery<Q extends QueueName> {
  readonly id: string;
  readonly tenantId: string;
  readonly body: QueueBody<Q>;
  /** From 1. */
  readonly attempt: number;
  /** The message is done with and never comes back. Resolves when that is durable. */
  ack(): Promise<void>;
  /** Comes back later, or goes to the dead letters after the last attempt. `reason` is stored for a person to read. */
  retry(reason: string): Promise<void>;
  /** Goes to the dead letters at once: to try again would do harm. */
  giveUp(reason: string): Promise<void>;
}

export interface ConsumerOptions {
  /** At most this many deliveries are out and neither acknowledged nor given back. */
  prefetch: number;
  maxAttempts: number;
}

export interface Consumer {
  /** Takes no more messages; those that are out may still be acknowledged. */
  stop(): Promise<void>;
}

export interface DeadLetter {
  id: string;
  queue: QueueName;
  tenantId: string;
  attempts: number;
  reason: string;
  diedAtMs: number;
}

export interface Queue {
  /** Resolves when the messages are durable (or handled, see `recomputable`). */
  publish<Q extends QueueName>(queue: Q, messages: OutgoingMessage<Q>[], options: PublishOptions): Promise<void>;
  /** One consumer a queue and process. A handler that throws gives its whole batch back. */
  consume<Q extends QueueName>(queue: Q, options: ConsumerOptions, handle: (batch: Delivery<Q>[]) => Promise<void>): Consumer;
  /** The newest `limit` of one tenant; of every queue when none is named. */
  deadLetters(tenantId: string, queue: QueueName | undefined, limit: number): Promise<DeadLetter[]>;
  /** Puts a dead message back on its queue; false when this tenant has none of that id. */
  replay(tenantId: string, id: string): Promise<boolean>;
  /** Messages waiting or out, per queue. */
  depths(): Promise<Record<QueueName, number>>;
}

/** What a role that listens must bring for each queue. */
export type QueueHandlers = { [Q in QueueName]: (batch: Delivery<Q>[]) => Promise<void> };
