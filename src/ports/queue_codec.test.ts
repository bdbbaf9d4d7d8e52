import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "bun:test";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { CheckResultSchema, CheckTaskSchema, IncidentEventSchema } from "#contracts/uptimeping/events/v1/events_pb";
import { decodeBody, encodeBody } from "./queue_codec.ts";

const check = (name: string) => create(CheckSchema, { id: "chk_1", tenantId: "ten_1", name, type: "http", version: 3, target: { url: "https://shop.example/", headers: { "X-A": "1" } }, tags: { env: "prod" } });
const task = (of = check("Shop")) => create(CheckTaskSchema, { runId: "run_1", check: of, slotMs: 1_767_225_600_000, location: "eu-1", trigger: "schedule", everyMs: 1_000, earlierSlotsMs: [1, 2], gapReason: "overload" });

test("a message arrives as it was, whether its check is known or not, and any reader of the contract can read it", () => {
  for (const name of ["Shop", "x".repeat(200), "y".repeat(40_000)]) {
    const sent = task(check(name));
    for (let time = 0; time < 2; time++) expect(decodeBody("check_tasks", encodeBody("check_tasks", sent))).toEqual(sent);
    expect(fromBinary(CheckTaskSchema, encodeBody("check_tasks", sent))).toEqual(sent);
    expect(decodeBody("check_tasks", toBinary(CheckTaskSchema, sent))).toEqual(sent);
  }
  const none = create(CheckTaskSchema, { runId: "run_2" });
  expect(decodeBody("check_tasks", encodeBody("check_tasks", none))).toEqual(none);
  const event = create(IncidentEventSchema, { id: "evt_1", tenantId: "ten_1", check: check("Shop") });
  expect(decodeBody("notifications", encodeBody("notifications", event))).toEqual(event);
});

test("the same check is the same object, and a changed one is another", () => {
  const [first, second] = [task(), task()].map((sent) => decodeBody("check_tasks", encodeBody("check_tasks", sent)).check);
  expect(second).toBe(first!);
  expect(decodeBody("check_tasks", encodeBody("check_tasks", task(check("Other")))).check!.name).toBe("Other");
});

test("a routine result goes without its details", () => {
  const result = create(CheckResultSchema, { check: check("Shop"), result: { id: "run_1", status: "up" }, status: "up", sequence: 7, location: "default", startedAtMs: 5 });
  expect(decodeBody("check_results", encodeBody("check_results", result))).toEqual(result);
  const told = decodeBody("check_results", encodeBody("check_results", Object.assign(result, { isRoutine: true })));
  expect([told.result, told.status, told.sequence, told.check?.id]).toEqual([undefined, "up", 7, "chk_1"]);
});
