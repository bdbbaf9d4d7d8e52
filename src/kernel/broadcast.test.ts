import { expect, test } from "bun:test";
import { createBroadcast } from "./broadcast.ts";

test("a subscriber hears what is sent after it subscribed, in order, even before it first reads", async () => {
  const broadcast = createBroadcast<number>();
  const leave = new AbortController();
  broadcast.send(0);
  const stream = broadcast.subscribe(leave.signal)[Symbol.asyncIterator]();
  broadcast.send(1);
  broadcast.send(2);
  expect([(await stream.next()).value, (await stream.next()).value]).toEqual([1, 2]);
  const waiting = stream.next();
  broadcast.send(3);
  expect((await waiting).value).toBe(3);
  leave.abort();
});

test("each hears all that it wanted and nothing else", async () => {
  const broadcast = createBroadcast<number>();
  const { signal } = new AbortController();
  const [all, even] = [broadcast.subscribe(signal)[Symbol.asyncIterator](), broadcast.subscribe(signal, (value) => value % 2 === 0)[Symbol.asyncIterator]()];
  for (const value of [1, 2, 3, 4]) broadcast.send(value);
  expect([(await all.next()).value, (await all.next()).value]).toEqual([1, 2]);
  expect([(await even.next()).value, (await even.next()).value]).toEqual([2, 4]);
});

test("it ends when the signal aborts or the reader stops, and is forgotten then", async () => {
  const broadcast = createBroadcast<number>();
  const leave = new AbortController();
  const waiting = broadcast.subscribe(leave.signal)[Symbol.asyncIterator]().next();
  broadcast.subscribe(leave.signal);
  const reader = broadcast.subscribe(new AbortController().signal);
  broadcast.send(1);
  for await (const _value of reader) break;
  expect((await waiting).value).toBe(1);
  expect(broadcast.subscribers).toBe(2);
  leave.abort();
  expect(broadcast.subscribers).toBe(0);
  broadcast.subscribe(leave.signal);
  expect(broadcast.subscribers).toBe(0);
});

test("one that does not keep up loses the oldest, and how many is told", async () => {
  const lost: number[] = [];
  const broadcast = createBroadcast<number>((count) => void lost.push(count));
  const stream = broadcast.subscribe(new AbortController().signal)[Symbol.asyncIterator]();
  for (let i = 0; i <= 10_000; i++) broadcast.send(i);
  expect(lost).toEqual([5_000]);
  expect((await stream.next()).value).toBe(5_000);
});
