import { fromBinary, type JsonObject, toJson } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
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
import { readdirSync, readFileSync } from "node:fs";
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

describe("the corners of the language", () => {
  const folder = join(import.meta.dir, "../testing/edge_protos");
  const buf = join(import.meta.dir, "../../../../node_modules/.bin/buf");
  const names = readdirSync(folder).filter((name) => name.endsWith(".proto"));
  const { compiled, problems } = compileProtos(names.map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") })));
  const built = Bun.spawnSync([buf, "build", folder, "--exclude-source-info", "-o", "-#format=binpb"]);
  const reference = fromBinary(FileDescriptorSetSchema, built.stdout);

  /** Options that nothing on the wire depends on are empty in one and absent in the other, and map entries stand elsewhere. */
  const comparable = (file: FileDescriptorProto) => {
    const { $unknown: _, ...known } = file;
    return JSON.parse(JSON.stringify(toJson(FileDescriptorProtoSchema, known as FileDescriptorProto)), (key, value: unknown) => {
      if (key === "options" && Object.keys(value as object).length === 0) return undefined;
      return key === "nestedType" ? (value as { name: string }[]).toSorted((a, b) => a.name.localeCompare(b.name)) : value;
    }) as JsonObject;
  };

  for (const name of names) {
    test(`${name} compiles to what buf makes of it`, () => {
      expect(problems).toEqual([]);
      const [ours, theirs] = [compiled!.set, reference].map(({ file }) => file.find((one) => one.name === name)!);
      expect(comparable(ours!)).toEqual(comparable(theirs!));
    });
  }
});

describe("imports", () => {
  const head = 'syntax = "proto3";\n';
  const compile = (files: Record<string, string>) => compileProtos(Object.entries(files).map(([name, text]) => ({ name, text: head + text })));
  const said = (files: Record<string, string>) => compile(files).problems.map(({ file, line, message, severity }) => `${severity} ${file}:${line}: ${message}`);

  test("one that only options use may be missing, with a warning", () => {
    const { compiled, problems } = compile({ "a.proto": 'import "google/api/annotations.proto";\nmessage A {}\nservice S { rpc G(A) returns (A) { option (google.api.http) = { get: "/v1/{name=x/*}" body: "*" additional_bindings { put: "/y" } }; } }' });
    expect(problems).toEqual([
      {
        file: "a.proto",
        line: 2,
        severity: "warning",
        message: 'the import "google/api/annotations.proto" was not found: it is left out, which only loses options; upload it with the others to include it',
      },
    ]);
    expect(compiled!.registry.getService("S")!.methods).toHaveLength(1);
  });

  test("one whose types are used may not be missing", () => {
    expect(said({ "a.proto": 'import "money.proto";\nmessage A {\n  Money m = 1;\n}' })).toEqual([
      'error a.proto:2: the import "money.proto" was not found; upload it with the others to include it',
      'error a.proto:4: the type of "A.m" is unknown: "Money" is not defined',
    ]);
  });

  test("a type of a file that is not imported is told with the import that it needs", () => {
    expect(said({ "a.proto": "message A { B b = 1; }", "b.proto": "message B {}" })).toEqual([
      'error a.proto:2: the type of "A.b" is unknown: "B" is not imported: add import "b.proto"',
    ]);
  });

  test("only public ones are passed on", () => {
    const c = "message C {}";
    expect(said({ "a.proto": 'import "b.proto"; message A { C c = 1; }', "b.proto": 'import public "c.proto";', "c.proto": c })).toEqual([]);
    expect(said({ "a.proto": 'import "b.proto"; message A { C c = 1; }', "b.proto": 'import "c.proto";', "c.proto": c })).toEqual([
      'error a.proto:2: the type of "A.c" is unknown: "C" is not imported: add import "c.proto"',
    ]);
  });

  test("a circle is told file by file", () => {
    expect(said({ "a.proto": 'import "b.proto";', "b.proto": '\nimport "c.proto";', "c.proto": 'import "a.proto";' })).toEqual([
      'error c.proto:2: the import "a.proto" closes a circle: a.proto → b.proto → c.proto → a.proto',
    ]);
    expect(said({ "a.proto": 'import "a.proto";' })).toEqual(['error a.proto:2: the import "a.proto" closes a circle: a.proto → a.proto']);
  });

  test("the same name in two files is told once", () => {
    expect(said({ "a.proto": "package p;\nmessage A {}", "b.proto": "package p;\nmessage A {}" })).toEqual(['error b.proto:3: "p.A" is defined twice: first in a.proto']);
  });

  test("an inner name hides an outer one", () => {
    const { compiled } = compile({ "a.proto": "package p; message X {} message A { message X { int32 inner = 1; } X x = 1; .p.X y = 2; p.X z = 3; }" });
    expect(compiled!.registry.getMessage("p.A")!.fields.map((field) => field.message!.typeName)).toEqual(["p.A.X", "p.X", "p.X"]);
  });

  test("syntax errors of several files are told together", () => {
    expect(said({ "a.proto": "message {", "b.proto": "\nmessage B { string = 1; }" })).toHaveLength(2);
  });
});
