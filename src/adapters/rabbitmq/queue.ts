/**
 * The queues on RabbitMQ: one quorum or classic queue each, one for the dead letters, and one for the receipts of each process and
 * connection. Everything is declared on every channel that is opened, so a broker that was wiped is set up again by whoever comes first.
 */
import type { Channel, ReturnedMessage } from "rabbitmq-client";
import { AppError, messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import { queueNames, type QueueName } from "#ports/queue";
import type { Broker, BrokerEvents } from "#ports/queue_broker";
import type { RabbitAddress } from "./address.ts";
import { connectRabbit, unavailable, withinLimit, type Rabbit } from "./connection.ts";
import { asDeadLetter, createDeadLetters } from "./dead_letters.ts";
import { RabbitSubscription } from "./subscription.ts";

const resubscribeMs = 500;
/** The oldest goes when there are more. */
const mostDeadLetters = 10_000;

export function createRabbitBroker(address: RabbitAddress, publisher: string, { log, events }: { log: Log; events: BrokerEvents }): Broker {
  const { prefix, shown } = address;
  const rabbit = connectRabbit(address, log);
  const queueOf = (name: QueueName) => `${prefix}.${name}`;
  const graves = `${prefix}.dead_letters`;

  const declareGraves = (channel: Channel) => channel.queueDeclare({ queue: graves, durable: true, arguments: { "x-queue-type": address.queueType, "x-max-length": mostDeadLetters } });
  const declareAll = async (channel: Channel) => {
    for (const name of queueNames) await channel.queueDeclare({ queue: queueOf(name), durable: true, arguments: { "x-queue-type": address.queueType } });
    await declareGraves(channel);
  };

  const { send, tell } = createSender(rabbit, shown, declareAll);
  const replies = receiveReplies({ rabbit, queue: `${prefix}.receipts.${publisher}`, log, events });
  const deadLetters = createDeadLetters({ rabbit, queue: graves, declare: declareGraves, send: (bytes) => send(graves, bytes, true) });
  const asking = rabbit.lane(declareAll);
  const subscriptions: RabbitSubscription[] = [];

  return {
    replyTo: replies.address,
    send: (name, parcel, { isDurable }) => send(queueOf(name), parcel, isDurable),
    subscribe(name, take, { prefetch }) {
      const subscription = new RabbitSubscription({ rabbit, queue: queueOf(name), log, declareAll, prefetch }, take);
      subscriptions.push(subscription);
      return subscription;
    },
    tell,
    bury: deadLetters.bury,
    async deadLetters(tenantId, queue, limit) {
      const dead = (await deadLetters.read()).filter((letter) => letter.tenantId === tenantId && (queue === undefined || letter.queue === queue));
      return dead.slice(0, limit).flatMap(asDeadLetter);
    },
    exhume: async (tenantId, id) => (await deadLetters.read()).find((letter) => letter.tenantId === tenantId && letter.id === id),
    strike: deadLetters.strike,
    async waiting(name) {
      const channel = await asking.channel();
      return (await withinLimit(channel.queueDeclare({ queue: queueOf(name), passive: true }))).messageCount;
    },
    async close() {
      replies.stop();
      for (const subscription of subscriptions) subscription.end();
      await rabbit.close();
    },
  };
}

/** A confirmed message that found no queue was thrown away: the broker gives it back first, by which that is known. */
function createSender(rabbit: Rabbit, shown: string, declareAll: (channel: Channel) => Promise<void>) {
  const returned = new Set<string>();
  const lane = rabbit.lane(async (channel) => {
    await declareAll(channel);
    await channel.confirmSelect();
    channel.on("basic.return", (message: ReturnedMessage) => void returned.add(message.messageId!));
  });
  const telling = rabbit.lane(() => Promise.resolve());
  let lastId = 0;

  return {
    async send(queue: string, bytes: Uint8Array, durable: boolean): Promise<void> {
      const messageId = String(++lastId);
      const channel = await lane.channel();
      try {
        await withinLimit(channel.basicPublish({ routingKey: queue, mandatory: true, durable, messageId }, asBuffer(bytes)));
        // The client tells of a return a turn later than of the confirmation that follows it.
        await new Promise((resolve) => setImmediate(resolve));
        if (returned.delete(messageId)) throw new AppError("unavailable", `the queue at ${shown} cannot be used: ${queue} was removed, and is made again`);
      } catch (error) {
        lane.drop();
        throw unavailable(error, shown);
      }
    },
    async tell(replyTo: string, receipt: Uint8Array): Promise<void> {
      await (await telling.channel()).basicPublish({ routingKey: replyTo }, asBuffer(receipt));
    },
  };
}

interface Replies {
  address(): string;
  stop(): void;
}

/** Each connection has its own exclusive queue, since the broker may think that the last one still lives. */
function receiveReplies({ rabbit, queue, log, events }: { rabbit: Rabbit; queue: string; log: Log; events: BrokerEvents }): Replies {
  let connections = 0;
  let stopped = false;
  const address = () => `${queue}.${connections}`;

  const listen = async () => {
    const name = `${queue}.${++connections}`;
    const lane = rabbit.lane(async (channel) => {
      await channel.queueDeclare({ queue: name, exclusive: true, autoDelete: true });
      await channel.basicConsume({ queue: name, noAck: true }, (message) => events.receipt(message.body as Buffer));
      // The connection may stand and the channel fall, or the queue be removed.
      channel.on("close", () => again(name));
      channel.on("basic.cancel", () => again(name));
    });
    try {
      await lane.channel();
      if (name === address()) events.connected();
    } catch (error) {
      log.warn("receipts cannot be received: trying again", { reason: messageOf(error) });
      again(name);
    }
  };
  const again = (name: string) => {
    if (!stopped && name === address()) setTimeout(() => name === address() && !stopped && void listen(), resubscribeMs);
  };
  rabbit.onConnected(() => void listen());
  return { address, stop: () => (stopped = true) };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
