import { expect, test } from "bun:test";
import type { DescMethod } from "@bufbuild/protobuf";
import { readDescriptorSet } from "#ports/proto_descriptors";
import { descriptorSetOf } from "../../../testing/reflecting_server.ts";
import { compareMethod } from "./grpc_drift.ts";

const header = { proto2: 'syntax = "proto2";', proto3: 'syntax = "proto3";', edition: 'edition = "2023";' };
const service = "service S { rpc M(A) returns (B); }";
const registry = (syntax: keyof typeof header, body: string) => readDescriptorSet(descriptorSetOf({ "s.proto": `${header[syntax]}\npackage p;\n${body.includes("service") ? body : service + body}` }));
const compared = (syntax: keyof typeof header, before: string, after: string) => compareMethod(registry(syntax, before).getService("p.S")!.methods[0] as DescMethod, registry(syntax, after));

const table: [string, keyof typeof header, string, string, string[], string[]][] = [
  ["nothing", "proto3", "message A { A a = 1; } message B { A a = 1; }", "message A { A a = 1; } message B { A a = 1; }", [], []],
  ["what the method does not reach", "proto3", "message A {} message B {} message C { int32 x = 1; }", "message A {} message B {} message C { string x = 1; }", [], []],
  ["the order of fields", "proto3", "message A { int32 x = 1; string y = 2; } message B {}", "message A { string y = 2; int32 x = 1; } message B {}", [], []],
  ["a new enum value", "proto3", "message A { E e = 1; } message B {} enum E { E0 = 0; }", "message A { E e = 1; } message B {} enum E { E0 = 0; E1 = 1; }", [], ["enum value p.E.E1 added"]],
  ["a moved enum value", "proto3", "message A { E e = 1; } message B {} enum E { E0 = 0; E1 = 1; }", "message A { E e = 1; } message B {} enum E { E0 = 0; E1 = 2; }", ["enum value p.E.E1 changed from number 1 to 2"], []],
  ["another enum", "proto3", "message A { E e = 1; } message B {} enum E { E0 = 0; } enum F { F0 = 0; }", "message A { F e = 1; } message B {} enum E { E0 = 0; } enum F { F0 = 0; }", ["field p.A.e changed from p.E to p.F"], []],
  ["a message in place of a scalar", "proto3", "message A { string x = 1; } message B {}", "message A { B x = 1; } message B {}", ["field p.A.x changed from string to p.B"], []],
  ["a list in place of a map", "proto3", "message A { map<string, B> x = 1; } message B {}", "message A { repeated B x = 1; } message B {}", ["field p.A.x changed from map<string, p.B> to repeated p.B"], []],
  ["requirements", "proto2", "message A { optional int32 x = 1; } message B { }", "message A { required int32 x = 1; required int32 y = 2; } message B { }", ["field p.A.x changed from int32 to required int32", "required field p.A.y added"], []],
  ["another encoding", "edition", "message A { B b = 1; } message B {}", "message A { B b = 1 [features.message_encoding = DELIMITED]; } message B {}", ["field p.A.b changed from p.B to delimited p.B"], []],
  ["other messages", "proto3", "message A {} message B {}", "service S { rpc M(B) returns (A); } message A {} message B {}", ["request of method p.S.M changed from p.A to p.B", "response of method p.S.M changed from p.B to p.A"], []],
  ["streaming", "proto3", "message A {} message B {}", "service S { rpc M(stream A) returns (B); } message A {} message B {}", ["method p.S.M changed from unary to client_streaming"], []],
  ["a method that is gone", "proto3", "message A {} message B {}", "service S { rpc N(A) returns (B); } message A {} message B {}", ["method p.S.M removed"], []],
  ["a service that is gone", "proto3", "message A {} message B {}", "service T { rpc M(A) returns (B); } message A {} message B {}", ["service p.S removed"], []],
];

for (const [what, syntax, before, after, breaking, other] of table) {
  test(what, () => expect(compared(syntax, before, after)).toEqual({ breaking, other }));
}

test("what is reported is bounded", () => {
  const fields = Array.from({ length: 200 }, (_, index) => `int32 f${index} = ${index + 1};`).join(" ");
  expect(compared("proto3", `message A { ${fields} } message B {}`, "message A {} message B {}").breaking).toHaveLength(50);
});
