/** The law for every queue adapter. */
import { create } from "@bufbuild/protobuf";
import { CheckTaskSchema } from "#contracts/uptimeping/events/v1/events_pb";
import { expect, test } from "bun:test";
import type { FakeClock } from "../testing/fake_clock.ts";
import type { Delivery, OutgoingMessage, Queue } from "./queue.ts";

export interface QueueUnderTest {
  queue: Queue;
  clock: FakeClock;
  /** The process dies without a word and another opens the same store. */
  crash(): Promise<Queue>;
  close(): Promise<void>;
}

const options = { prefetch: 10, maxAttempts: 3 };

/** Lets it come to that: a queue over a network takes real time, whatever the clock says. */
export async function until(clock: FakeClock, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 10_000; !(await holds()) && performance.now() < endMs; await clock.advance(10)) await Bun.sleep(1);
}

/** Lets happen what is not to happen. */
export async function quiet(clock: FakeClock): Promise<void> {
  for (let turns = 0; turns < 10; turns++) {
    await Bun.sleep(3);
    await clock.advance(10);
  }
}

export function task(id: string, tenantId = "ten_1"): OutgoingMessage<"check_tasks"> {
  return { id, tenantId, body: create(CheckTaskSchema, { runId: id, slotMs: 1 }) };
}

/** Takes messages and lets the test decide what becomes of each. */
export function collect(queue: Queue, prefetch = options.prefetch) {
  const taken: Delivery<"check_tasks">[] = [];
  queue.consume("check_tasks", { ...options, prefetch }, (batch) => {
    taken.push(...batch);
    return Promise.resolve();
  });
  return taken;
}

export function queueConformance(open: () => Promise<QueueUnderTest>): void {
  test("a message carries its body to the consumer", async () => {
    const { queue, clock, close } = await open();
    const taken = collect(queue);
    await queue.publish("check_tasks", [task("a")], { recomputable: false });
    await until(clock, () => taken.length === 1);
    expect(taken.map((delivery) => [delivery.id, delivery.tenantId, delivery.body.runId, delivery.attempt])).toEqual([["a", "ten_1", "a", 1]]);
    await close();
  });

  test("an acknowledged message never comes back, a crash included", async () => {
    const { queue, clock, crash, close } = await open();
    const taken = collect(queue);
    await queue.publish("check_tasks", [task("a"), task("b")], { recomputable: false });
    await until(clock, () => taken.length === 2);
    await taken.find(({ id }) => id === "a")!.ack();
    const again = await crash();
    const later = collect(again);
    await until(clock, () => later.length > 0);
    await quiet(clock);
    expect(later.map((delivery) => delivery.id)).toEqual(["b"]);
    await close();
  });

  test("a recomputable message is published once it has been handled, not before", async () => {
    const { queue, clock, close } = await open();
    const taken = collect(queue);
    let done = false;
    const published = queue.publish("check_tasks", [task("a"), task("b")], { recomputable: true }).then(() => (done = true));
    await until(clock, () => taken.length === 2);
    await taken[0]!.ack();
    await quiet(clock);
    expect(done).toBe(false);
    await taken[1]!.ack();
    await published;
    expect(done).toBe(true);
    await close();
  });

  test("what was given back comes again with a higher attempt, and dies after the last one with its reason", async () => {
    const { queue, clock, close } = await open();
    const taken = collect(queue);
    await queue.publish("check_tasks", [task("a")], { recomputable: false });
    for (let attempt = 1; attempt <= 3; attempt++) {
      await clock.advance(60_000);
      await until(clock, () => taken.length === attempt);
      expect(taken.at(-1)!.attempt).toBe(attempt);
      await taken.at(-1)!.retry("target store is full");
    }
    await clock.advance(600_000);
    await quiet(clock);
    expect(taken.length).toBe(3);
    const dead = await queue.deadLetters("ten_1", "check_tasks", 10);
    expect(dead.map((letter) => [letter.id, letter.attempts, letter.reason])).toEqual([["a", 3, "target store is full"]]);
    await close();
  });

  test("a message that is given up is a dead letter at its first attempt, and its publisher is done with it", async () => {
    const { queue, clock, close } = await open();
    const taken = collect(queue);
    const published = queue.publish("check_tasks", [task("a")], { recomputable: true });
    await until(clock, () => taken.length === 1);
    await taken[0]!.giveUp("it does harm");
    await published;
    const dead = await queue.deadLetters("ten_1", undefined, 10);
    expect(dead.map((letter) => [letter.id, letter.attempts, letter.reason])).toEqual([["a", 1, "it does harm"]]);
    await clock.advance(60_000);
    await quiet(clock);
    expect(taken.length).toBe(1);
    await close();
  });

  test("a replayed dead message leaves the dead letters and arrives whole", async () => {
    const { queue, clock, close } = await open();
    const taken = collect(queue);
    await queue.publish("check_tasks", [task("a")], { recomputable: false });
    for (let attempt = 1; attempt <= 3; attempt++) {
      await clock.advance(60_000);
      await until(clock, () => taken.length === attempt);
      await taken.at(-1)!.retry("no");
    }
    expect(await queue.replay("ten_1", "a")).toBe(true);
    await until(clock, () => taken.length === 4);
    expect(taken.at(-1)!.body.runId).toBe("a");
    expect(await queue.deadLetters("ten_1", undefined, 10)).toEqual([]);
    expect(await queue.replay("ten_1", "a")).toBe(false);
    await close();
  });

  test("a tenant lists and replays its own dead messages alone, however many newer ones others have", async () => {
    const { queue, clock, close } = await open();
    queue.consume("check_tasks", { ...options, maxAttempts: 1 }, async ([first]) => first!.retry("no"));
    for (const message of [task("own"), task("foreign", "ten_2"), task("foreign too", "ten_2")]) {
      await clock.advance(1_000);
      await queue.publish("check_tasks", [message], { recomputable: false });
      await until(clock, async () => (await queue.deadLetters(message.tenantId, undefined, 10)).some((letter) => letter.id === message.id));
    }
    const idsOf = async (tenantId: string, limit: number) => (await queue.deadLetters(tenantId, undefined, limit)).map((letter) => letter.id);
    expect(await idsOf("ten_1", 1)).toEqual(["own"]);
    expect(await idsOf("ten_2", 10)).toEqual(["foreign too", "foreign"]);
    expect(await queue.replay("ten_1", "foreign")).toBe(false);
    expect(await idsOf("ten_2", 10)).toEqual(["foreign too", "foreign"]);
    await close();
  });

  test("no more than the prefetch is out at once", async () => {
    const { queue, clock, close } = await open();
    const taken = collect(queue, 2);
    void queue.publish("check_tasks", ["a", "b", "c"].map((id) => task(id)), { recomputable: true });
    await until(clock, () => taken.length === 2);
    await quiet(clock);
    expect(taken.length).toBe(2);
    await taken[0]!.ack();
    await until(clock, () => taken.length === 3);
    expect(taken.length).toBe(3);
    await close();
  });

  test("a batch whose handler throws comes back whole", async () => {
    const { queue, clock, close } = await open();
    const attempts: number[] = [];
    queue.consume("check_tasks", options, async (batch) => {
      attempts.push(batch[0]!.attempt);
      if (attempts.length === 1) throw new Error("out of luck");
      await batch[0]!.ack();
    });
    await queue.publish("check_tasks", [task("a")], { recomputable: false });
    await clock.advance(60_000);
    await until(clock, () => attempts.length === 2);
    expect(attempts).toEqual([1, 2]);
    await until(clock, async () => (await queue.depths()).check_tasks === 0);
    expect((await queue.depths()).check_tasks).toBe(0);
    await close();
  });

  test("a delivery that is never answered is delivered again", async () => {
    const { queue, clock, close } = await open();
    const taken = collect(queue);
    await queue.publish("check_tasks", [task("a")], { recomputable: false });
    await until(clock, () => taken.length === 1);
    await clock.advance(10 * 60_000);
    await until(clock, () => taken.length > 1);
    expect(taken.length).toBeGreaterThan(1);
    await taken[0]!.ack();
    await close();
  });
}
