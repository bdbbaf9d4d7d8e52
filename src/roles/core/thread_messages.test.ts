import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "bun:test";
import { ThreadMessageSchema } from "#contracts/uptimeping/core/v1/core_pb";
import type { FromWorker, ToWorker } from "./probe_protocol.ts";
import { packed, unpacked } from "./thread_messages.ts";

/** As the wire gives it: in the middle of a buffer that holds other things too. */
function overTheWire<T extends ToWorker | FromWorker>(message: T): T {
  const bytes = toBinary(ThreadMessageSchema, create(ThreadMessageSchema, packed(message)));
  const pool = Buffer.alloc(bytes.length + 64, 7);
  pool.set(bytes, 13);
  return unpacked<T>(fromBinary(ThreadMessageSchema, pool.subarray(13, 13 + bytes.length)));
}

test("what goes between the pool and a thread of another process arrives as it was", () => {
  const messages: (ToWorker | FromWorker)[] = [
    { type: "start", rows: new Float64Array([1, 2, 1_767_225_600_000.5, 0, 1, 0]) },
    { type: "results", rows: new Float64Array([1, 0, -0.5, 3.25]), details: ['{"observed":{}}'] },
    { type: "check", no: 3, check: new Uint8Array([8, 1, 255]) },
    { type: "rules", rules: { allow: ["10.0.0.0/8"], deny: [], own: ["127.0.0.1:1"], grants: {} }, privateAllowed: true },
    { type: "descriptors", request: 4, tenantId: "ten_1", protoSetId: "prt_1" },
    { type: "descriptors", request: 4, descriptors: new Uint8Array([1, 2, 3]), problem: "" },
    { type: "forget", no: 9 },
  ];
  for (const message of messages) expect(overTheWire(message)).toEqual(message as never);
  const { rows } = overTheWire({ type: "start", rows: new Float64Array([Number.NaN, 1]) });
  expect([Number.isNaN(rows[0]), rows[1]]).toEqual([true, 1]);
});
