/**
 * The queues with spans: one where a message is handed over, one from its delivery until it is done with. Between the two the message
 * carries the trace. Of messages without a trace, which are nearly all, only that is looked at.
 */
import { isSampled, type Span, type Tracing } from "#kernel/tracing";
import type { Delivery, OutgoingMessage, Queue, QueueName } from "#ports/queue";

type Traced = { traceparent: string };

export function withTracing(queue: Queue, tracing: Tracing): Queue {
  if (!tracing.isOn) return queue;
  return {
    async publish(name, messages, options) {
      const spans = messages.flatMap((message) => handedOver(name, message, tracing));
      const done = queue.publish(name, messages, options);
      // What can be computed again is published when it has been *handled*: that may last, and a crash would take this span with it.
      if (options.recomputable) for (const span of spans) span.end();
      try {
        await done;
        if (!options.recomputable) for (const span of spans) span.end();
      } catch (error) {
        if (!options.recomputable) for (const span of spans) span.end({ problem: "not published" });
        throw error;
      }
    },
    consume(name, options, handle) {
      const traced = (delivery: Delivery<typeof name>) => (isSampled(traceOf(delivery)) ? new TracedDelivery(name, delivery, tracing) : delivery);
      return queue.consume(name, options, (batch) => handle(batch.some((delivery) => traceOf(delivery) !== "") ? batch.map(traced) : batch));
    },
    deadLetters: (tenantId, name, limit) => queue.deadLetters(tenantId, name, limit),
    replay: (tenantId, id) => queue.replay(tenantId, id),
    depths: () => queue.depths(),
  };
}

function handedOver<Q extends QueueName>(name: Q, message: OutgoingMessage<Q>, tracing: Tracing): Span[] {
  const body = message.body as Traced;
  if (!isSampled(body.traceparent)) return [];
  const span = tracing.span(`publish ${name}`, body.traceparent, { kind: "producer", attributes: attributesOf(name, message.id) });
  body.traceparent = span.traceparent;
  return [span];
}

/** Its body carries the span of this delivery; given back, it carries again what it came with. */
class TracedDelivery<Q extends QueueName> implements Delivery<Q> {
  readonly #before: string;
  readonly #span: Span;

  constructor(
    name: Q,
    private readonly delivery: Delivery<Q>,
    tracing: Tracing,
  ) {
    this.#before = traceOf(delivery);
    this.#span = tracing.span(`process ${name}`, this.#before, { kind: "consumer", attributes: { ...attributesOf(name, delivery.id), "uptimeping.attempt": delivery.attempt } });
    (delivery.body as Traced).traceparent = this.#span.traceparent;
  }

  get id() {
    return this.delivery.id;
  }
  get tenantId() {
    return this.delivery.tenantId;
  }
  get body() {
    return this.delivery.body;
  }
  get attempt() {
    return this.delivery.attempt;
  }
  ack() {
    this.#span.end();
    return this.delivery.ack();
  }
  retry(reason: string) {
    this.#end("given back");
    return this.delivery.retry(reason);
  }
  giveUp(reason: string) {
    this.#end("given up");
    return this.delivery.giveUp(reason);
  }

  #end(problem: string) {
    (this.delivery.body as Traced).traceparent = this.#before;
    this.#span.end({ problem });
  }
}

function traceOf(delivery: Delivery<QueueName>): string {
  return (delivery.body as Traced).traceparent;
}

function attributesOf(name: QueueName, id: string) {
  return { "messaging.destination.name": name, "messaging.message.id": id };
}
