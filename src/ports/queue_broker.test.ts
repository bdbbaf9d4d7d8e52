import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "bun:test";
import { ParcelSchema, type BuriedMessage } from "#contracts/uptimeping/events/v1/parcel_pb";
import { AppError } from "#kernel/errors";
import { silentLog } from "#kernel/log";
import { createFakeClock } from "../testing/fake_clock.ts";
import { collect, task } from "./queue.conformance.ts";
import { createBrokerQueue, type ArrivedParcel, type Broker, type BrokerEvents } from "./queue_broker.ts";

/** A broker in memory that can be told to fail, to lose and to repeat itself. */
function createWorld() {
  const clock = createFakeClock();
  const world = {
    clock,
    /** Every parcel that was accepted, as it was sent. */
    sent: [] as Uint8Array[],
    buried: [] as BuriedMessage[],
    acked: 0,
    isAway: false,
    loses: false,
    losesReceipts: false,
    refusesReceipts: false,
    takers: [] as ((parcel: ArrivedParcel) => void)[],
    processes: new Map<string, BrokerEvents>(),
    arrive(bytes: Uint8Array, deliveries = 1) {
      const ack = () => Promise.resolve(void world.acked++);
      world.takers.at(-1)?.({ bytes, deliveries, ack, release: () => {} });
    },
    join: (publisher: string) => createBrokerQueue({ publisher, clock, log: silentLog, open: (events) => brokerFor(publisher, events) }),
  };
  const brokerFor = (publisher: string, events: BrokerEvents): Broker => {
    world.processes.set(publisher, events);
    queueMicrotask(() => events.connected());
    return {
      replyTo: () => publisher,
      send(_, parcel) {
        if (world.isAway) return Promise.reject(new AppError("unavailable", "away"));
        world.sent.push(parcel);
        if (!world.loses) queueMicrotask(() => world.arrive(parcel));
        return Promise.resolve();
      },
      subscribe(_, take) {
        world.takers.push(take);
        return { hungry: () => {}, stop: () => Promise.resolve() };
      },
      tell(to, receipt) {
        if (world.refusesReceipts) return Promise.reject(new AppError("unavailable", "away"));
        if (!world.losesReceipts) world.processes.get(to)?.receipt(receipt);
        return Promise.resolve();
      },
      bury: (letter) => Promise.resolve(void world.buried.push(letter)),
      deadLetters: () => Promise.resolve([]),
      exhume: () => Promise.resolve(undefined),
      strike: () => Promise.resolve(),
      waiting: () => Promise.resolve(0),
      close: () => Promise.resolve(),
    };
  };
  return world;
}

const recomputable = { recomputable: true };
const many = (count: number) => Array.from({ length: count }, (_, i) => task(`m${i}`));
const sizes = (parcels: Uint8Array[]) => parcels.map((bytes) => fromBinary(ParcelSchema, bytes).messages.length);

describe("a queue over a broker", () => {
  test("puts what is published at one time into few parcels, and what comes first on its way at once", async () => {
    const world = createWorld();
    const near = world.join("near");
    void near.publish("check_tasks", many(450), recomputable);
    await world.clock.advance(0);
    expect(sizes(world.sent)).toEqual([200, 200, 50]);
    for (let i = 0; i < 5; i++) void near.publish("check_tasks", [task(`later${i}`)], recomputable);
    await world.clock.advance(0);
    expect(world.sent.length).toBe(3);
    await world.clock.advance(20);
    expect(sizes(world.sent)).toEqual([200, 200, 50, 5]);
  });

  test("sends what was lost in silence again within 30 s, and then less and less often", async () => {
    const world = createWorld();
    const near = world.join("near");
    world.loses = true;
    let done = false;
    void near.publish("check_tasks", [task("a")], recomputable).then(() => (done = true));
    await world.clock.advance(20_000);
    expect(world.sent.length).toBe(1);
    await world.clock.advance(10_000);
    expect(world.sent.length).toBe(2);
    await world.clock.advance(10 * 60_000);
    expect(world.sent.length).toBeLessThanOrEqual(7);
    world.loses = false;
    const taken = collect(world.join("far"));
    await world.clock.advance(5 * 60_000 + 5_000);
    await taken[0]!.ack();
    await world.clock.advance(50);
    expect(done).toBe(true);
  });

  test("sends everything without a receipt again when the broker is back, and handles nothing twice for it", async () => {
    const world = createWorld();
    const [near, far] = [world.join("near"), world.join("far")];
    const taken = collect(far);
    world.losesReceipts = true;
    let done = 0;
    for (const id of ["handled", "open"]) void near.publish("check_tasks", [task(id)], recomputable).then(() => done++);
    await world.clock.advance(20);
    await taken.find(({ id }) => id === "handled")!.ack();
    await world.clock.advance(100);
    world.losesReceipts = false;
    world.processes.get("near")!.connected();
    await world.clock.advance(100);
    expect([done, taken.length]).toEqual([1, 2]);
    await taken.find(({ id }) => id === "open")!.ack();
    await world.clock.advance(100);
    // Both copies of the parcels are done with.
    expect([done, taken.length, world.acked]).toEqual([2, 2, world.sent.length]);
  });

  test("sends a receipt again that the broker refused, without waiting to be asked", async () => {
    const world = createWorld();
    const [near, far] = [world.join("near"), world.join("far")];
    const taken = collect(far);
    let done = 0;
    void near.publish("check_tasks", [task("m")], recomputable).then(() => done++);
    await world.clock.advance(20);
    world.refusesReceipts = true;
    await taken[0]!.ack();
    await world.clock.advance(3_000);
    expect(done).toBe(0);
    world.refusesReceipts = false;
    await world.clock.advance(600);
    expect([done, world.sent.length]).toEqual([1, 1]);
  });

  test("waits for a broker that is away with what can be computed again, refuses the rest, and refuses all beyond a bound", async () => {
    const world = createWorld();
    const near = world.join("near");
    world.isAway = true;
    void near.publish("check_tasks", many(99_999), recomputable);
    expect(near.publish("check_tasks", [task("a")], { recomputable: false })).rejects.toThrow("away");
    expect(near.publish("check_tasks", many(2), recomputable)).rejects.toThrow("2 messages cannot be put on check_tasks: 99999 wait for it already");
    await world.clock.advance(0);
  });

  test("tries later with a message that was given back while the broker is away", async () => {
    const world = createWorld();
    const [near, far] = [world.join("near"), world.join("far")];
    const taken = collect(far);
    void near.publish("check_tasks", [task("a")], recomputable);
    await world.clock.advance(0);
    world.isAway = true;
    await taken[0]!.retry("not now");
    await world.clock.advance(100);
    expect([taken.length, taken[1]!.attempt]).toEqual([2, 2]);
  });

  test("gives each message of a parcel that kills its consumers a parcel of its own, and buries what is never answered", async () => {
    const world = createWorld();
    const far = world.join("far");
    const taken = collect(far);
    const parcelOf = (publisher: string, ids: string[]) => toBinary(ParcelSchema, create(ParcelSchema, { publisher, replyTo: publisher, messages: ids.map((id, number) => ({ number, id, tenantId: "ten_1" })) }));
    world.arrive(parcelOf("gone", ["m1", "m2"]), 5);
    await world.clock.advance(0);
    expect([sizes(world.sent), world.acked, taken.length]).toEqual([[1, 1], 1, 2]);
    world.arrive(parcelOf("other", ["poison"]), 11);
    await world.clock.advance(0);
    expect(world.buried.map(({ id, reason }) => [id, reason])).toEqual([["poison", "delivered 10 times and never answered"]]);
    expect([taken.length, world.acked]).toEqual([2, 2]);
  });

  test("throws a parcel away that cannot be read", async () => {
    const world = createWorld();
    collect(world.join("far"));
    world.arrive(new Uint8Array([1, 2, 3]));
    await world.clock.advance(0);
    expect(world.acked).toBe(1);
  });
});
