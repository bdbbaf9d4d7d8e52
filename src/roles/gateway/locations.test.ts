import { expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { ScheduleSchema } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import { bearer, startTestGateway, type FakeRoles } from "./test_gateway.ts";

async function read(roles: FakeRoles, path: string) {
  await using gateway = startTestGateway(roles);
  const response = await gateway.fetch(`/api/v1${path}`, { headers: bearer("viewer") });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("a check says where it runs, one that was saved before it could says home, and each location more makes its guarantee longer", async () => {
  const saved = { tenantId: "ten_1", type: "http", quorum: "all", timeoutMs: 1_000, failureThreshold: 2 };
  const items = [create(CheckSchema, { ...saved, id: "chk_1" }), create(CheckSchema, { ...saved, id: "chk_2", locations: ["eu-1", "default"] })];
  const schedules = items.map(({ id }) => create(ScheduleSchema, { checkId: id, everyMs: 60_000, state: "active" }));
  const { body } = await read({ config: { listChecks: () => Promise.resolve({ items }) }, scheduler: { listSchedules: () => Promise.resolve({ items: schedules }) } }, "/checks");
  const [alone, both] = body["items"] as { locations: string[]; guarantee: { detectMs: number } }[];
  expect([alone!.locations, both!.locations]).toEqual([["default"], ["eu-1", "default"]]);
  // A location that died has a say for two and a half periods, and it takes one more to be missed.
  expect(both!.guarantee.detectMs - alone!.guarantee.detectMs).toBe(3.5 * 60_000);
});

test("the state of a check says how it is at each location, the newest result of each included", async () => {
  const result = { id: "run_1", checkId: "chk_1", location: "eu-1", status: "down", latencyMs: 12.5, startedAtMs: 5, finishedAtMs: 18, error: { kind: "connect_refused", message: "refused", hash: "ab" } };
  const locations = [{ location: "default", state: "pending" }, { location: "eu-1", state: "down", sinceMs: 5, lastResult: result }];
  const { body } = await read({ core: { getCheckStatus: () => Promise.resolve({ checkId: "chk_1", state: "down", locations }) } }, "/checks/chk_1/status");
  expect(body["locations"]).toMatchObject([
    { location: "default", state: "pending", since: null, lastResult: null },
    { location: "eu-1", state: "down", since: "1970-01-01T00:00:00.005Z", lastResult: { status: "down", location: "eu-1", latencyMs: 12.5 } },
  ]);
});

test("results, uptime and latency are asked for of one location, or of all", async () => {
  const asked: string[] = [];
  const noted = <A extends object>(what: string, answer: A) => ({ location }: { location: string }) => {
    asked.push(`${what} ${location}`);
    return Promise.resolve(answer);
  };
  const missed = [{ firstSlotMs: 1, lastSlotMs: 2, count: 2, reason: "overload", location: "eu-1" }];
  const roles: FakeRoles = {
    core: { getCheckHistory: noted("results", { missed }) },
    metrics: { getUptime: noted("uptime", { checkId: "chk_1", fromMs: 1, toMs: 2 }), getLatency: noted("latency", { checkId: "chk_1" }) },
  };
  for (const what of ["results", "uptime", "latency"]) {
    for (const location of ["", "?location=eu-1"]) expect((await read(roles, `/checks/chk_1/${what}${location}`)).status).toBe(200);
    expect(await read(roles, `/checks/chk_1/${what}?location=chk@1`)).toMatchObject({ status: 422, body: { errors: [{ pointer: "/location" }] } });
  }
  expect(asked).toEqual(["results ", "results eu-1", "uptime ", "uptime eu-1", "latency ", "latency eu-1"]);
  expect((await read(roles, "/checks/chk_1/results")).body["missed"]).toMatchObject([{ count: 2, location: "eu-1" }]);
});

test("locations are listed with the cores and the checks that are there", async () => {
  const items = [{ location: "default", cores: 1, threads: 2, checks: 7 }, { location: "eu-1", checks: 1 }];
  const { body } = await read({ core: { listLocations: () => Promise.resolve({ items }) } }, "/locations");
  expect(body).toEqual({ items: [{ location: "default", cores: 1, threads: 2, checks: 7 }, { location: "eu-1", cores: 0, threads: 0, checks: 1 }] });
});
