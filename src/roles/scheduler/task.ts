import { create } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { CheckTaskSchema, type CheckTask } from "#contracts/uptimeping/events/v1/events_pb";

export function manualTask(runId: string, check: Check, slotMs: number, location: string): CheckTask {
  return create(CheckTaskSchema, { runId, check, slotMs, location, trigger: "manual" });
}
