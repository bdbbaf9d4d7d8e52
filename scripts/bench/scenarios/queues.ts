/** The queues side by side: two processes' worth of publisher and consumer in this one, on a server of its own where there is none named. */
import { create } from "@bufbuild/protobuf";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { CheckTaskSchema } from "#contracts/uptimeping/events/v1/events_pb";
import { systemClock } from "#kernel/clock";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import type { OutgoingMessage, Queue } from "#ports/queue";
import { createBrokerQueue, type Broker, type BrokerEvents } from "#ports/queue_broker";
import { parseNatsAddress } from "../../../src/adapters/nats/address.ts";
import { createNatsBroker } from "../../../src/adapters/nats/queue.ts";
import { openPostgres } from "../../../src/adapters/postgres/connection.ts";
import { migrate } from "../../../src/adapters/postgres/migrations.ts";
import { createPostgresBroker } from "../../../src/adapters/postgres/queue.ts";
import { parseRabbitAddress } from "../../../src/adapters/rabbitmq/address.ts";
import { createRabbitBroker } from "../../../src/adapters/rabbitmq/queue.ts";
import { openTempStore } from "../../../src/testing/temp_store.ts";
import { createSqliteQueue } from "../../../src/adapters/sqlite/queue.ts";
import { startServer, whyNot } from "../../../src/testing/servers/server.ts";
import { serviceUrl, type ServiceName } from "../../../src/testing/services.ts";
import { say, type Bench, type Scenario } from "../bench.ts";
import type { Figure } from "../report.ts";

const prefix = "bench";
/** As the scheduler publishes: what is due within a moment. */
const tickMs = 10;
const pacedPerSecond = 1_000;
const callMessages = 500;
const callsInFlight = 8;

interface Pair {
  near: Queue;
  far: Queue;
  /** Parcels sent. */
  parcels: () => number;
  close(): Promise<void>;
}

export const queuesScenario: Scenario = {
  what: "queues on SQLite, RabbitMQ, NATS and PostgreSQL: messages a second, CPU of our side, messages in a parcel",
  minutes: 3,
  async run(bench) {
    const figures = [...(await measure("SQLite, in memory", await sqlitePair(), bench))];
    const brokers: [string, ServiceName, (url: string) => Promise<(publisher: string, events: BrokerEvents) => Broker>][] = [
      ["RabbitMQ, classic", "rabbitmq", (url) => Promise.resolve(rabbit(`${url}?queue-type=classic&prefix=${prefix}_classic`))],
      ["RabbitMQ, quorum", "rabbitmq", (url) => Promise.resolve(rabbit(`${url}?queue-type=quorum&prefix=${prefix}_quorum`))],
      ["NATS", "nats", (url) => Promise.resolve((publisher, events) => createNatsBroker(parseNatsAddress(`${url}?prefix=${prefix}`), publisher, { log: silentLog, events }))],
      ["PostgreSQL", "postgres", postgres],
    ];
    for (const [name, kind, openOn] of brokers) {
      // For a moment only what stands there already is looked at.
      if (serviceUrl(kind) === "" && (bench.isSmoke || whyNot(kind) !== undefined)) continue;
      await using server = serviceUrl(kind) === "" ? await startServer(kind) : { url: serviceUrl(kind), [Symbol.asyncDispose]: () => Promise.resolve() };
      figures.push(...(await measure(name, brokerPair(await openOn(server.url)), bench)));
    }
    return { title: "Queues, publisher and consumer on this machine", figures };
  },
};

async function measure(name: string, pair: Pair, bench: Bench): Promise<Figure[]> {
  say(name);
  const consumer = pair.far.consume("check_tasks", { prefetch: 10_000, maxAttempts: 5 }, async (batch) => {
    await Promise.all(batch.map((delivery) => delivery.ack()));
  });
  await flatOut(pair, bench.isSmoke ? 50 : 2_000);
  const paced = await watch(pair, () => atPace(pair, bench.seconds / 2));
  const fast = await watch(pair, () => flatOut(pair, (bench.seconds * 1_000) / 2));
  const single = await watch(pair, () => durably(pair, (bench.seconds * 1_000) / 4));
  await consumer.stop();
  await pair.close();
  const row = (what: string, value: number, unit: string, digits = 1): Figure => ({ name: `${name}: ${what}`, value, unit, digits });
  return [
    row("messages a second, flat out", fast.messages / fast.seconds, "", 0),
    row("CPU per 1,000 messages, flat out", fast.cpuMsPer1000, "ms"),
    row("messages in a parcel, flat out", fast.messages / Math.max(1, fast.parcels), ""),
    row(`CPU per 1,000 messages at ${pacedPerSecond}/s`, paced.cpuMsPer1000, "ms"),
    row(`messages in a parcel at ${pacedPerSecond}/s`, paced.messages / Math.max(1, paced.parcels), ""),
    row("durable messages a second, one each", single.messages / single.seconds, "", 0),
    row("CPU per 1,000 durable messages", single.cpuMsPer1000, "ms"),
  ];
}

async function watch(pair: Pair, work: () => Promise<number>) {
  const cpu = process.cpuUsage();
  const parcels = pair.parcels();
  const started = performance.now();
  const messages = await work();
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { messages, seconds, parcels: pair.parcels() - parcels, cpuMsPer1000: (user + system) / messages };
}

/** Each call as soon as one before it is done. */
async function flatOut({ near }: Pair, ms: number): Promise<number> {
  let published = 0;
  const until = performance.now() + ms;
  const one = async () => {
    while (performance.now() < until) {
      const messages = tasks(callMessages);
      await near.publish("check_tasks", messages, { recomputable: true });
      published += messages.length;
    }
  };
  await Promise.all(Array.from({ length: callsInFlight }, one));
  return published;
}

async function atPace({ near }: Pair, seconds: number): Promise<number> {
  const ticks = Math.round((seconds * 1_000) / tickMs);
  const perTick = (pacedPerSecond * tickMs) / 1_000;
  const open: Promise<void>[] = [];
  const started = performance.now();
  for (let tick = 0; tick < ticks; tick++) {
    open.push(near.publish("check_tasks", tasks(perTick), { recomputable: true }));
    await Bun.sleep(Math.max(0, started + (tick + 1) * tickMs - performance.now()));
  }
  await Promise.all(open);
  return ticks * perTick;
}

async function durably({ near }: Pair, ms: number): Promise<number> {
  let published = 0;
  const until = performance.now() + ms;
  const one = async () => {
    while (performance.now() < until) {
      await near.publish("check_tasks", tasks(1), { recomputable: false });
      published++;
    }
  };
  await Promise.all(Array.from({ length: 50 }, one));
  return published;
}

let made = 0;
const check = create(CheckSchema, { id: "chk_01J9ZK3V7Q8W2N4R6T8Y0A1B2C", tenantId: "ten_01J9ZK3V7Q8W2N4R6T8Y0A1B2C", name: "Shop, landing page", type: "http" });

/** About 200 bytes each. */
function tasks(count: number): OutgoingMessage<"check_tasks">[] {
  return Array.from({ length: count }, () => {
    const id = `run_${++made}`;
    return { id, tenantId: check.tenantId, body: create(CheckTaskSchema, { runId: id, check, slotMs: Date.now(), location: "default", trigger: "schedule", everyMs: 1_000 }) };
  });
}

function brokerPair(openBroker: (publisher: string, events: BrokerEvents) => Broker): Pair {
  let parcels = 0;
  const join = (publisher: string) =>
    createBrokerQueue({
      publisher,
      clock: systemClock,
      log: silentLog,
      open: (events) => {
        const broker = openBroker(publisher, events);
        return { ...broker, send: (queue, parcel, how) => (parcels++, broker.send(queue, parcel, how)) };
      },
    });
  const near = join(`near-${crypto.randomUUID()}`);
  const far = join(`far-${crypto.randomUUID()}`);
  return { near, far, parcels: () => parcels, close: async () => void (await Promise.all([near.close(), far.close()])) };
}

function rabbit(url: string) {
  return (publisher: string, events: BrokerEvents) => createRabbitBroker(parseRabbitAddress(url), publisher, { log: silentLog, events });
}

/** In a database of its own that is left with the server. */
async function postgres(url: string) {
  const store = openPostgres({ url, connections: 1, log: silentLog, statementTimeoutMs: 0 });
  await migrate(store);
  await store.close();
  return (publisher: string, events: BrokerEvents): Broker => {
    const own = openPostgres({ url, connections: 4, log: silentLog });
    const broker = createPostgresBroker({ store: own, url }, publisher, { log: silentLog, events });
    return {
      ...broker,
      async close() {
        await broker.close();
        await own.close();
      },
    };
  };
}

async function sqlitePair(): Promise<Pair> {
  const releases = createReleases(silentLog);
  const temp = await openTempStore();
  releases.add("store", async () => temp[Symbol.asyncDispose]());
  const queue = createSqliteQueue(temp.store, systemClock, silentLog);
  queue.open();
  releases.add("queue", () => queue.stop());
  return { near: queue, far: queue, parcels: () => 0, close: () => releases.releaseAll() };
}
