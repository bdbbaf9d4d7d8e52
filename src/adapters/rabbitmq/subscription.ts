/** One consumer of one queue, on a channel of its own that is opened again until it stands. */
import type { AsyncMessage, Channel } from "rabbitmq-client";
import { AppError, messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { ArrivedParcel, Subscription } from "#ports/queue_broker";
import { withinLimit, type Lane, type Rabbit } from "./connection.ts";

const resubscribeMs = 500;
const lookEveryMs = 3_000;
/** Parcels out at once: more would only be memory, since a consumer that is behind finds full ones. */
const mostPrefetch = 1_000;

export interface SubscriptionOptions {
  rabbit: Rabbit;
  queue: string;
  log: Log;
  declareAll: (channel: Channel) => Promise<void>;
  prefetch: number;
}

export class RabbitSubscription implements Subscription {
  private stopped = false;
  private current: { channel: Channel; consumerTag: string } | undefined;
  private readonly lane: Lane;
  private readonly most: number;
  private readonly looker: ReturnType<typeof setInterval>;
  private readonly barriers = new WeakMap<Channel, Promise<unknown>>();
  private unanswered = 0;
  private arrivals = 0;
  /** `arrivals` at the last look. */
  private seen = -1;

  constructor(
    private readonly options: SubscriptionOptions,
    private readonly take: (parcel: ArrivedParcel) => void,
  ) {
    this.most = Math.max(1, Math.min(options.prefetch, mostPrefetch));
    this.lane = options.rabbit.lane((channel) => this.listen(channel));
    this.looker = setInterval(() => void this.look(), lookEveryMs);
    this.start();
  }

  /** The broker gives what there is without being asked. */
  hungry(): void {}

  async stop(): Promise<void> {
    this.end();
    const { current } = this;
    if (current?.channel.active) await withinLimit(current.channel.basicCancel(current.consumerTag)).catch(() => {});
  }

  /** The connection goes, and nothing is to be done about it. */
  end(): void {
    this.stopped = true;
    clearInterval(this.looker);
  }

  private start(): void {
    this.lane.channel().catch((error: unknown) => {
      if (this.stopped) return;
      this.options.log.warn("a queue is not listened to: trying again", { queue: this.options.queue, reason: messageOf(error) });
      this.startAgain();
    });
  }

  private startAgain(): void {
    this.current = undefined;
    if (!this.stopped) setTimeout(() => this.stopped || this.start(), resubscribeMs);
  }

  private async listen(channel: Channel): Promise<void> {
    await this.options.declareAll(channel);
    await channel.basicQos({ prefetchCount: this.most });
    this.unanswered = 0;
    const { consumerTag } = await channel.basicConsume({ queue: this.options.queue }, (message) => {
      this.arrivals++;
      this.unanswered++;
      const parcel = this.arrived(channel, message);
      if (this.stopped) parcel.release();
      else this.take(parcel);
    });
    this.current = { channel, consumerTag };
    channel.on("close", () => this.leave(channel));
    channel.on("basic.cancel", () => this.leave(channel));
  }

  /**
   * A quorum queue that is removed and made again within a moment forgets its consumers without a word, or counts them and gives them
   * nothing (seen on RabbitMQ 3.10). So one that has messages, and a consumer that has room, and nothing arrives, is listened to anew.
   */
  private async look(): Promise<void> {
    const watched = this.current?.channel;
    if (!watched?.active) return;
    const { log, queue } = this.options;
    try {
      const before = this.arrivals;
      const { consumerCount, messageCount } = await withinLimit(watched.queueDeclare({ queue, passive: true }));
      const isStuck = messageCount > 0 && this.unanswered < this.most && this.arrivals === this.seen;
      this.seen = before;
      if (consumerCount > 0 && !isStuck) return;
      log.warn("a queue forgot its consumer: it is listened to anew", { queue });
    } catch (error) {
      if (this.stopped) return;
      log.warn("a queue gives no answer: it is listened to anew", { queue, reason: messageOf(error) });
    }
    this.leave(watched);
  }

  /** Without waiting for an answer to that. */
  private leave(channel: Channel): void {
    if (this.current?.channel !== channel) return;
    this.lane.drop();
    this.startAgain();
  }

  private arrived(channel: Channel, { body, deliveryTag, headers, redelivered }: AsyncMessage): ArrivedParcel {
    return {
      bytes: body as Buffer,
      deliveries: 1 + Number(headers?.["x-delivery-count"] ?? (redelivered ? 1 : 0)),
      ack: async (isDurable) => {
        if (!channel.active) throw new AppError("unavailable", "the queue cannot be told of an acknowledgement: the connection was lost, and the message comes again");
        channel.basicAck({ deliveryTag });
        this.unanswered--;
        if (isDurable) await this.barrier(channel);
      },
      release: () => {
        if (!channel.active) return;
        channel.basicNack({ deliveryTag, requeue: true });
        this.unanswered--;
      },
    };
  }

  /** An acknowledgement has no answer: that of a question after it says that it was read. One for all of a turn. */
  private barrier(channel: Channel): Promise<unknown> {
    const waiting = this.barriers.get(channel);
    if (waiting) return waiting;
    const asked = Promise.resolve().then(() => {
      this.barriers.delete(channel);
      return withinLimit(channel.queueDeclare({ queue: this.options.queue, passive: true }));
    });
    this.barriers.set(channel, asked);
    return asked;
  }
}
