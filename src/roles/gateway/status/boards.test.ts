import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "bun:test";
import { PublishedPageSchema, ReadPublishedPagesResponseSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { StateSummarySchema } from "#contracts/uptimeping/core/v1/core_pb";
import { AppError } from "#kernel/errors";
import { silentLog } from "#kernel/log";
import { parsePage } from "#ports/status_page_document";
import { createFakeClock } from "../../../testing/fake_clock.ts";
import { startTestGateway } from "../test_gateway.ts";
import { createBoards } from "./boards.ts";

function published(change: object = {}, more: MessageInitShape<typeof PublishedPageSchema> = {}) {
  const parsed = parsePage({ slug: "shop", title: "Shop", published: true, groups: [{ checks: ["chk_1"] }], ...change });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fields));
  return create(PublishedPageSchema, { page: { id: "stp_1", tenantId: "ten_1", page: parsed.value as never }, components: [{ checkId: "chk_1", name: "Front", group: 0, type: "http" }], ...(more as object) });
}

test("a visitor costs no other role anything, however many come", async () => {
  let calls = 0;
  const counted = <T>(answer: T) => async () => (calls++, answer);
  await using gateway = startTestGateway({
    config: { readPublishedPages: counted(create(ReadPublishedPagesResponseSchema, { revision: "1", pages: [published()] })) },
    core: { summariseStates: counted(create(StateSummarySchema, { items: [{ checkId: "chk_1", state: "up" }] })) },
  });
  while ((await gateway.fetch("/status/shop")).status !== 200);
  const before = calls;
  const answers = await Promise.all(Array.from({ length: 500 }, () => gateway.fetch("/status/shop")));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  // Only what the background asks every few seconds, whoever comes.
  expect(calls - before).toBeLessThanOrEqual(4);
});

test("when config and core are away the page stays, and says of when it is", async () => {
  const clock = createFakeClock();
  let isAway = false;
  const orAway = <T>(answer: T) => async () => {
    if (isAway) throw new AppError("unavailable", "the database is away");
    return answer;
  };
  const sources = {
    config: { readPublishedPages: orAway(create(ReadPublishedPagesResponseSchema, { revision: "1", pages: [published()] })) },
    core: { summariseStates: orAway({ items: [{ checkId: "chk_1", state: "up" }] }) },
    incident: { listIncidents: orAway({ items: [], nextCursor: "" }), listMaintenance: orAway({ items: [] }) },
    metrics: { listUptimes: orAway({ items: [], fromMs: [] }), getLatency: orAway({ points: [] }) },
  };
  const boards = createBoards({ sources: sources as never, clock, log: silentLog, publicUrl: "" });
  await boards.refresh();
  const text = () => Buffer.from(boards.bySlug("shop")!.rendered.bytes("html").plain).toString();
  const madeAt = boards.bySlug("shop")!.board.atMs;
  expect(text()).toContain("All systems are operational");
  expect(text()).not.toContain("Newer figures cannot be had");
  isAway = true;
  await clock.advance(31_000);
  await boards.refresh();
  expect(text()).toContain("All systems are operational");
  expect(text()).toContain("Newer figures cannot be had");
  expect(text()).toContain(new Date(madeAt).toISOString());
  isAway = false;
  await boards.refresh();
  expect(text()).not.toContain("Newer figures cannot be had");
});

test("bytes are made anew only when they say something else", async () => {
  const clock = createFakeClock();
  let state = "up";
  const sources = {
    config: { readPublishedPages: async () => create(ReadPublishedPagesResponseSchema, { revision: "1", pages: [published()] }) },
    core: { summariseStates: async () => ({ items: [{ checkId: "chk_1", state }] }) },
    incident: { listIncidents: async () => ({ items: [], nextCursor: "" }), listMaintenance: async () => ({ items: [] }) },
    metrics: { listUptimes: async () => ({ items: [], fromMs: [] }), getLatency: async () => ({ points: [] }) },
  };
  const boards = createBoards({ sources: sources as never, clock, log: silentLog, publicUrl: "" });
  await boards.refresh();
  const first = boards.bySlug("shop")!.rendered.bytes("html");
  await clock.advance(3_000);
  await boards.refresh();
  expect(boards.bySlug("shop")!.rendered.bytes("html")).toBe(first);
  state = "down";
  await boards.refresh();
  expect(boards.bySlug("shop")!.rendered.bytes("html").etag).not.toBe(first.etag);
});

test("before the pages were ever read nobody is told that there are none", async () => {
  await using gateway = startTestGateway({ config: { readPublishedPages: () => Promise.reject(new AppError("unavailable", "not there yet")) } });
  const answer = await gateway.fetch("/status/shop");
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
});
