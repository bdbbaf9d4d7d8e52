import { expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { ListUptimesResponseSchema, UptimeSchema, type ListUptimesRequest } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import { bearer, startTestGateway } from "./test_gateway.ts";

const fromMs = Date.UTC(2026, 0, 1);
const from = ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"];

test("uptimes of many checks read as that of one does, bars of days without a run included", async () => {
  const asked: ListUptimesRequest[] = [];
  const total = { checkId: "chk_1", window: "7d", fromMs, toMs: fromMs + 100_000_000, ratio: 0.75, coverage: 0.5, up: 2, degraded: 1, down: 1, unknown: 0, missed: 4 };
  const days = [fromMs, fromMs + 86_400_000];
  await using gateway = startTestGateway({
    metrics: {
      listUptimes: (request) => {
        asked.push(request);
        const items = [{ total, up: [3, 0], down: [1, 0], unknown: [0, 0], missed: [0, 4] }, { total: { ...total, checkId: "chk_2", ratio: undefined } }];
        return Promise.resolve(create(ListUptimesResponseSchema, { items, fromMs: days, nextCursor: "chk_2" }));
      },
      getUptime: () => {
        const buckets = [{ fromMs: days[0]!, ratio: 0.75, up: 3, down: 1 }, { fromMs: days[1]!, missed: 4 }];
        return Promise.resolve(create(UptimeSchema, { ...total, buckets }));
      },
    },
  });
  const read = async (path: string) => (await (await gateway.fetch(`/api/v1${path}`, { headers: bearer("viewer") })).json()) as { items: object[]; nextCursor: string };
  const { items, nextCursor } = await read("/uptimes?window=7d&ids=chk_1,chk_2&limit=2&cursor=chk_0");
  expect(items[0]).toEqual(await read("/checks/chk_1/uptime?window=7d"));
  const none = { ratio: null, up: 0, down: 0, unknown: 0, missed: 0 };
  expect(items[1]).toMatchObject({ checkId: "chk_2", ratio: null, buckets: from.map((begin) => ({ from: begin, ...none })) });
  expect([nextCursor, asked]).toMatchObject(["chk_2", [{ checkIds: ["chk_1", "chk_2"], window: "7d", limit: 2, cursor: "chk_0" }]]);
});

test("a window that does not exist is refused", async () => {
  await using gateway = startTestGateway();
  expect((await gateway.fetch("/api/v1/uptimes?window=2d", { headers: bearer("viewer") })).status).toBe(422);
});
