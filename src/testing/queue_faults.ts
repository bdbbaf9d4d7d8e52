/** What no fault of a broker may do to a queue, against a server that dies and is emptied for it. */
import { expect } from "bun:test";
import { systemClock } from "#kernel/clock";
import { silentLog } from "#kernel/log";
import { createBrokerQueue, type Broker, type BrokerEvents, type BrokerQueue } from "#ports/queue_broker";
import { task } from "../ports/queue.conformance.ts";
import { testUnless } from "./needs_service.ts";
import { startServer, whyNot, type Server } from "./servers/server.ts";
import type { ServiceName } from "./services.ts";

const calls = 40;
const perCall = 50;
const withinMs = 60_000;

/** `before` makes what a server needs before the first queue opens on it. */
export function queueFaults(kind: ServiceName, openBroker: (url: string, publisher: string, events: BrokerEvents) => Broker, before: (server: Server) => Promise<void> = () => Promise.resolve()): void {
  const why = whyNot(kind);

  testUnless(why, `${kind} is killed in mid-flight: nothing that can be computed again is lost`, () => midFlight(async (server) => {
    await server.kill();
    await server.start();
  }), withinMs);

  testUnless(why, `${kind} is killed and emptied in mid-flight: nothing that can be computed again is lost`, () => midFlight(async (server) => {
    await server.kill();
    await server.wipe();
    await server.start();
    await before(server);
  }), withinMs);

  testUnless(why, `${kind} is stopped in mid-flight and started again: nothing that can be computed again is lost`, () => midFlight(async (server) => {
    await server.stop();
    await server.start();
  }), withinMs);

  testUnless(why, `${kind} is killed: what it confirmed as durable arrives`, durable, withinMs);

  testUnless(why, `${kind} is away when a process starts: what is published waits for it`, async () => {
    await using server = await startServer(kind);
    await before(server);
    await server.kill();
    await using near = open(server.url, "near");
    await using far = open(server.url, "far");
    const seen = consumeAll(far.queue);
    const published = near.queue.publish("check_tasks", [task("early")], { recomputable: true });
    await Bun.sleep(300);
    await server.start();
    await published;
    expect([...seen]).toEqual(["early"]);
  }, withinMs);

  async function midFlight(fault: (server: Server) => Promise<void>): Promise<void> {
    await using server = await startServer(kind);
    await before(server);
    await using near = open(server.url, "near");
    await using far = open(server.url, "far");
    const seen = consumeAll(far.queue);
    let resolved = 0;
    let faulty: Promise<void> | undefined;
    const published: Promise<void>[] = [];
    for (let call = 0; call < calls; call++) {
      const messages = Array.from({ length: perCall }, (_, i) => task(`${call}-${i}`));
      published.push(near.queue.publish("check_tasks", messages, { recomputable: true }).then(() => void resolved++));
      if (call === calls / 2) faulty = fault(server);
      await Bun.sleep(5);
    }
    await faulty;
    await Promise.all(published);
    expect([resolved, seen.size]).toEqual([calls, calls * perCall]);
  }

  async function durable(): Promise<void> {
    await using server = await startServer(kind);
    await before(server);
    await using near = open(server.url, "near");
    await using far = open(server.url, "far");
    const seen = consumeAll(far.queue);
    const confirmed: string[] = [];
    const publish = async (id: string): Promise<void> => {
      for (;;) {
        try {
          await near.queue.publish("check_tasks", [task(id)], { recomputable: false });
          return void confirmed.push(id);
        } catch {
          await Bun.sleep(100);
        }
      }
    };
    const published: Promise<void>[] = [];
    let faulty: Promise<void> | undefined;
    for (let i = 0; i < 200; i++) {
      published.push(publish(`d${i}`));
      if (i === 100) faulty = server.kill().then(() => server.start());
      await Bun.sleep(2);
    }
    await faulty;
    await Promise.all(published);
    for (const endMs = performance.now() + 30_000; seen.size < 200 && performance.now() < endMs; ) await Bun.sleep(50);
    expect([confirmed.length, seen.size]).toEqual([200, 200]);
  }

  function open(url: string, name: string): { queue: BrokerQueue } & AsyncDisposable {
    const publisher = `${name}-${crypto.randomUUID().slice(0, 8)}`;
    const queue = createBrokerQueue({ publisher, clock: systemClock, log: silentLog, open: (events) => openBroker(url, publisher, events) });
    return { queue, [Symbol.asyncDispose]: () => queue.close() };
  }
}

/** The ids that were handled. */
function consumeAll(queue: BrokerQueue): Set<string> {
  const seen = new Set<string>();
  queue.consume("check_tasks", { prefetch: 500, maxAttempts: 5 }, async (batch) => {
    for (const delivery of batch) {
      seen.add(delivery.id);
      // Refused while the broker is away: it comes again, and is known then.
      await delivery.ack().catch(() => {});
    }
  });
  return seen;
}
