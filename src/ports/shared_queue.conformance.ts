/** The law for a queue that several processes share, beside that of `queue.conformance.ts`. */
import { expect, test } from "bun:test";
import type { FakeClock } from "../testing/fake_clock.ts";
import type { Delivery, Queue } from "./queue.ts";
import { collect, quiet, task, until } from "./queue.conformance.ts";

export interface SharedQueueUnderTest {
  clock: FakeClock;
  /** Another process; all share one broker. */
  join(): Promise<{ queue: Queue; crash(): Promise<void> }>;
  /** Takes everything away that the broker keeps, while processes are connected. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

const tasks = (count: number) => Array.from({ length: count }, (_, i) => task(`t${i}`));
const recomputable = { recomputable: true };

export function sharedQueueConformance(open: () => Promise<SharedQueueUnderTest>): void {
  test("messages of one process are published once another has handled each of them, and no sooner", async () => {
    const { clock, join, close } = await open();
    const [near, far] = [await join(), await join()];
    const taken = collect(far.queue, 5_000);
    let done = false;
    const published = near.queue.publish("check_tasks", tasks(1_000), recomputable).then(() => (done = true));
    await until(clock, () => taken.length === 1_000);
    expect(new Set(taken.map((delivery) => delivery.body.runId)).size).toBe(1_000);
    for (const delivery of taken.slice(1)) await delivery.ack();
    await quiet(clock);
    expect(done).toBe(false);
    await taken[0]!.ack();
    await until(clock, () => done);
    await published;
    await until(clock, async () => (await near.queue.depths()).check_tasks === 0);
    expect((await near.queue.depths()).check_tasks).toBe(0);
    await close();
  });

  test("no more than the prefetch is out at once, however many came in one parcel", async () => {
    const { clock, join, close } = await open();
    const [near, far] = [await join(), await join()];
    const taken = collect(far.queue, 2);
    void near.queue.publish("check_tasks", tasks(10), recomputable);
    await until(clock, () => taken.length === 2);
    await quiet(clock);
    expect(taken.length).toBe(2);
    await taken[0]!.ack();
    await until(clock, () => taken.length === 3);
    await quiet(clock);
    expect(taken.length).toBe(3);
    await close();
  });

  test("one of many that is given back comes again alone, and its publisher waits for it", async () => {
    const { clock, join, close } = await open();
    const [near, far] = [await join(), await join()];
    const taken = collect(far.queue, 100);
    let done = false;
    void near.queue.publish("check_tasks", tasks(5), recomputable).then(() => (done = true));
    await until(clock, () => taken.length === 5);
    for (const delivery of taken.slice(1)) await delivery.ack();
    await taken[0]!.retry("not now");
    expect(done).toBe(false);
    await clock.advance(1_000);
    await until(clock, () => taken.length === 6);
    expect([taken[5]!.id, taken[5]!.attempt]).toEqual([taken[0]!.id, 2]);
    await taken[5]!.ack();
    await until(clock, () => done);
    expect([done, taken.length]).toEqual([true, 6]);
    await close();
  });

  test("what a process had when it died goes to another, and its publisher hears of it", async () => {
    const { clock, join, close } = await open();
    const [near, dying] = [await join(), await join()];
    const lost = collect(dying.queue, 100);
    let done = false;
    void near.queue.publish("check_tasks", tasks(5), recomputable).then(() => (done = true));
    await near.queue.publish("check_tasks", [task("durable")], { recomputable: false });
    await until(clock, () => lost.length === 6);
    await dying.crash();
    const heir = await join();
    const handled = new Set<string>();
    heir.queue.consume("check_tasks", { prefetch: 100, maxAttempts: 3 }, async (batch) => {
      for (const delivery of batch) {
        handled.add(delivery.id);
        await delivery.ack();
      }
    });
    await until(clock, () => done && handled.size === 6);
    expect([done, [...handled].sort()]).toEqual([true, ["durable", "t0", "t1", "t2", "t3", "t4"]]);
    await close();
  });

  test("several consumers share a queue, and one that stops leaves what it has not begun to the others", async () => {
    const { clock, join, close } = await open();
    const [near, first, second] = [await join(), await join(), await join()];
    const out: Delivery<"check_tasks">[] = [];
    const consumer = first.queue.consume("check_tasks", { prefetch: 2, maxAttempts: 3 }, (batch) => {
      out.push(...batch);
      return Promise.resolve();
    });
    let done = false;
    void near.queue.publish("check_tasks", tasks(20), recomputable).then(() => (done = true));
    await until(clock, () => out.length === 2);
    await consumer.stop();
    for (const delivery of out) await delivery.ack();
    const handled = new Set(out.map((delivery) => delivery.id));
    second.queue.consume("check_tasks", { prefetch: 100, maxAttempts: 3 }, async (batch) => {
      for (const delivery of batch) {
        handled.add(delivery.id);
        await delivery.ack();
      }
    });
    await until(clock, () => done);
    expect([done, handled.size]).toEqual([true, 20]);
    await close();
  });

  test("a process that begins to consume what it published hands over the rest in memory, and all is published", async () => {
    const { clock, join, close } = await open();
    const [one] = [await join()];
    let done = 0;
    void one.queue.publish("check_tasks", tasks(3), recomputable).then(() => done++);
    await quiet(clock);
    const taken = collect(one.queue, 100);
    void one.queue.publish("check_tasks", [task("later")], recomputable).then(() => done++);
    await until(clock, () => taken.length === 4);
    for (const delivery of taken) await delivery.ack();
    await until(clock, () => done === 2);
    expect([done, taken.map((delivery) => delivery.id).sort()]).toEqual([2, ["later", "t0", "t1", "t2"]]);
    await close();
  });

  test("what waits on a queue that is removed arrives all the same, and the queue is there again for those who listened", async () => {
    const { clock, join, wipe, close } = await open();
    const [near, far] = [await join(), await join()];
    let done = 0;
    void near.queue.publish("check_tasks", tasks(5), recomputable).then(() => done++);
    await until(clock, async () => (await near.queue.depths()).check_tasks > 0);
    await wipe();
    const taken = collect(far.queue, 100);
    await clock.advance(30_000);
    await until(clock, () => taken.length === 5);
    for (const delivery of taken) await delivery.ack();
    await until(clock, () => done === 1);
    await wipe();
    void near.queue.publish("check_tasks", [task("after")], recomputable).then(() => done++);
    await until(clock, async () => {
      await clock.advance(5_000);
      return taken.some((delivery) => delivery.id === "after");
    });
    for (const delivery of taken.slice(5)) await delivery.ack();
    await until(clock, () => done === 2);
    expect([done, new Set(taken.map((delivery) => delivery.id)).size]).toEqual([2, 6]);
    await close();
  });
}
