import { toJson } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { file_uptimeping_auth_v1_auth } from "#contracts/uptimeping/auth/v1/auth_pb";
import { file_uptimeping_config_v1_config } from "#contracts/uptimeping/config/v1/config_pb";
import { file_uptimeping_core_v1_core } from "#contracts/uptimeping/core/v1/core_pb";
import { file_uptimeping_events_v1_events } from "#contracts/uptimeping/events/v1/events_pb";
import { file_uptimeping_forge_v1_forge } from "#contracts/uptimeping/forge/v1/forge_pb";
import { file_uptimeping_incident_v1_incident } from "#contracts/uptimeping/incident/v1/incident_pb";
import { file_uptimeping_metrics_v1_metrics } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import { file_uptimeping_notification_v1_notification } from "#contracts/uptimeping/notification/v1/notification_pb";
import { file_uptimeping_scheduler_v1_scheduler } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProtoSource } from "#ports/protos";
import { compileProtos } from "./compile.ts";

const protoFolder = join(import.meta.dir, "../../../../proto");
const generated = [
  file_uptimeping_auth_v1_auth,
  file_uptimeping_config_v1_config,
  file_uptimeping_core_v1_core,
  file_uptimeping_events_v1_events,
  file_uptimeping_forge_v1_forge,
  file_uptimeping_incident_v1_incident,
  file_uptimeping_metrics_v1_metrics,
  file_uptimeping_notification_v1_notification,
  file_uptimeping_scheduler_v1_scheduler,
].map((file) => file.proto);

const ownSources: ProtoSource[] = generated.map(({ name }) => ({ name, text: readFileSync(join(protoFolder, name), "utf8") }));

describe("our own contracts", () => {
  const { compiled, problems } = compileProtos(ownSources);

  for (const proto of generated) {
    test(`${proto.name} compiles to what buf makes of it`, () => {
      expect(problems).toEqual([]);
      const ours = compiled!.set.file.find((file) => file.name === proto.name)!;
      expect(toJson(FileDescriptorProtoSchema, ours)).toEqual(toJson(FileDescriptorProtoSchema, proto));
    });
  }
});
