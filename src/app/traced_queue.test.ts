import { create } from "@bufbuild/protobuf";
import { beforeEach, expect, test } from "bun:test";
import { CheckTaskSchema } from "#contracts/uptimeping/events/v1/events_pb";
import { passThrough, type Tracing } from "#kernel/tracing";
import type { Delivery, OutgoingMessage, Queue } from "#ports/queue";
import { withTracing } from "./traced_queue.ts";

type Task = Delivery<"check_tasks">;

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const sampled = `00-${traceId}-00f067aa0ba902b7-01`;
const unsampled = `00-${traceId}-00f067aa0ba902b7-00`;

/** `name ← span it is below`, and how it ended. */
let spans: string[];
let published: OutgoingMessage<"check_tasks">[];
let answered: string[];
let deliver: (batch: Task[]) => Promise<void>;
let stored: PromiseWithResolvers<void>;

/** Numbers its spans. */
const tracing: Tracing = {
  isOn: true,
  root: (_name, parent) => passThrough(parent),
  span(name, parent) {
    const no = spans.push(`${name} ← ${parent.slice(36, 52).replace(/^0+/, "")}`);
    return { traceparent: `00-${traceId}-${String(no).padStart(16, "0")}-01`, end: ({ problem = "ended" } = {}) => void (spans[no - 1] += `: ${problem}`) };
  },
};

const inner = {
  publish: (_name: string, messages: never[]) => (published.push(...messages), stored.promise),
  consume: (_name: string, _options: object, handle: never) => ((deliver = handle), { stop: () => Promise.resolve() }),
} as unknown as Queue;

const message = (id: string, traceparent: string): OutgoingMessage<"check_tasks"> => ({ id, tenantId: "ten_1", body: create(CheckTaskSchema, { runId: id, traceparent }) });
const delivery = (id: string, traceparent: string): Task => ({
  ...message(id, traceparent),
  attempt: 1,
  ack: () => Promise.resolve(void answered.push(`${id} ack`)),
  retry: (why) => Promise.resolve(void answered.push(`${id} retry ${why}`)),
  giveUp: (why) => Promise.resolve(void answered.push(`${id} giveUp ${why}`)),
});

beforeEach(() => {
  spans = [];
  published = [];
  answered = [];
  stored = Promise.withResolvers();
});

test("a message of a trace is published as a span of it, and carries that span", async () => {
  const done = withTracing(inner, tracing).publish("check_tasks", [message("a", sampled), message("b", ""), message("c", unsampled)], { recomputable: false });
  expect(spans).toEqual(["publish check_tasks ← f067aa0ba902b7"]);
  expect(published.map(({ body }) => body.traceparent)).toEqual([`00-${traceId}-0000000000000001-01`, "", unsampled]);
  stored.resolve();
  await done;
  expect(spans).toEqual(["publish check_tasks ← f067aa0ba902b7: ended"]);
});

test("what can be computed again counts as published when it is handed over; what could not be stored failed", async () => {
  const queue = withTracing(inner, tracing);
  const handed = queue.publish("check_tasks", [message("a", sampled)], { recomputable: true });
  expect(spans[0]).toEndWith(": ended");
  const lost = queue.publish("check_tasks", [message("b", sampled)], { recomputable: false });
  stored.reject(new Error("disk"));
  expect(await Promise.allSettled([handed, lost]).then((all) => all.map(({ status }) => status))).toEqual(["rejected", "rejected"]);
  expect(spans[1]).toEndWith(": not published");
});

test("a delivery is a span until it is answered; given back, it carries what it came with", async () => {
  const seen: Task[] = [];
  withTracing(inner, tracing).consume("check_tasks", { prefetch: 1, maxAttempts: 1 }, (batch) => Promise.resolve(void seen.push(...batch)));
  const batch = [delivery("a", sampled), delivery("b", ""), delivery("c", sampled), delivery("d", sampled)];
  await deliver(batch);
  expect(seen.map(({ id, body, attempt, tenantId }) => [id, body.traceparent.slice(-5), attempt, tenantId])).toEqual([["a", "01-01", 1, "ten_1"], ["b", "", 1, "ten_1"], ["c", "02-01", 1, "ten_1"], ["d", "03-01", 1, "ten_1"]]);
  expect(seen[1]).toBe(batch[1]!);
  await Promise.all([seen[0]!.ack(), seen[1]!.ack(), seen[2]!.retry("busy"), seen[3]!.giveUp("broken")]);
  expect(answered).toEqual(["a ack", "b ack", "c retry busy", "d giveUp broken"]);
  expect(spans.map((span) => span.split(": ")[1])).toEqual(["ended", "given back", "given up"]);
  expect([batch[2]!.body.traceparent, batch[3]!.body.traceparent]).toEqual([sampled, sampled]);
});

test("a batch without a trace goes through as it is", async () => {
  const seen: Task[][] = [];
  withTracing(inner, tracing).consume("check_tasks", { prefetch: 1, maxAttempts: 1 }, (batch) => Promise.resolve(void seen.push(batch)));
  const batch = [delivery("a", ""), delivery("b", "")];
  await deliver(batch);
  expect(seen[0]).toBe(batch);
});
