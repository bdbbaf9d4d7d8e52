import { describe, expect, test } from "bun:test";
import { fromBinary, toBinary, type JsonObject } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { encodeCall, readDescriptorSet } from "#ports/proto_descriptors";
import { descriptorSetOf } from "../../../testing/reflecting_server.ts";
import { callCodec, healthCodec } from "./grpc_codec.ts";

const files = {
  "old.proto": `syntax = "proto2";
package t;
message Old {
  required string name = 1;
  optional int32 size = 2 [default = 7];
  optional group Part = 3 { optional string note = 1; }
  extensions 100 to 199;
  optional Shade shade = 4 [default = DARK];
}
enum Shade { LIGHT = 1; DARK = 2; }
extend Old { optional string extra = 100; }
`,
  "edition.proto": `edition = "2023";
package t;
option features.field_presence = IMPLICIT;
message Ed { string a = 1 [features.field_presence = EXPLICIT]; Ed sub = 2 [features.message_encoding = DELIMITED]; }
`,
  "all.proto": `syntax = "proto3";
package t;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "old.proto";
import "edition.proto";
message All {
  google.protobuf.Any any = 1;
  google.protobuf.Timestamp at = 2;
  google.protobuf.Duration took = 3;
  google.protobuf.Struct struct = 4;
  google.protobuf.Value value = 5;
  google.protobuf.FieldMask mask = 6;
  google.protobuf.Int64Value wrapped = 7;
  google.protobuf.Empty empty = 8;
  map<string, Kind> by_name = 10;
  map<int64, All> by_number = 11;
  oneof choice { string text = 12; bytes data = 13; }
  Kind kind = 14;
  int64 large = 15;
  uint64 larger = 16;
  double ratio = 17;
  repeated fixed32 list = 18;
  optional int32 maybe = 19;
  Old old = 20;
  Ed ed = 21;
}
enum Kind { KIND_NONE = 0; KIND_ONE = 1; }
service S { rpc Echo(All) returns (All); rpc Up(stream All) returns (All); rpc Both(stream All) returns (stream All); rpc Down(All) returns (stream All); }
`,
};
const registry = readDescriptorSet(descriptorSetOf(files));
const encode = (request: JsonObject, method = "Echo", service = "t.S") => encodeCall(registry, { service, method, request }, "the set");

/** There and back: the request's message is the answer's too. */
function echo(request: JsonObject) {
  const encoded = encode(request);
  if ("field" in encoded) throw new Error(encoded.message);
  return callCodec(encoded, registry).decode(encoded.request);
}

describe("requests and answers as protobuf JSON", () => {
  const table: [string, JsonObject][] = [
    ["an Any that the descriptors know", { any: { "@type": "type.googleapis.com/t.Ed", a: "x" } }],
    ["an Any around a well-known type", { any: { "@type": "type.googleapis.com/google.protobuf.Duration", value: "1.500s" } }],
    ["times and durations", { at: "2024-02-29T12:00:00.000000001Z", took: "-3.100s" }],
    ["any JSON", { struct: { a: [1, "b", null, { c: true }] }, value: [1] }],
    ["masks, wrappers and empty messages", { mask: "a,bC", wrapped: "9007199254740993", empty: {} }],
    ["maps", { byName: { a: "KIND_ONE", b: "KIND_NONE" }, byNumber: { "-5": { text: "deep" } } }],
    ["one of several", { data: "AQI=" }],
    ["numbers that JSON cannot hold", { large: "-9223372036854775808", larger: "18446744073709551615", ratio: "NaN" }],
    ["an enum number without a name", { kind: 99 }],
    ["presence", { maybe: 0 }],
    ["proto2, with a group and an extension", { old: { name: "n", part: { note: "p" }, "[t.extra]": "e" } }],
    ["editions", { ed: { a: "", sub: { sub: { a: "z" } } } }],
  ];
  for (const [what, json] of table) test(what, () => expect(echo(json)).toMatchObject(json));

  test("names may be written as in the file, and absent fields show their defaults", () => {
    expect(echo({ by_name: {}, large: 5 })).toMatchObject({ byName: {}, large: "5", kind: "KIND_NONE", list: [] });
    expect(echo({})).not.toHaveProperty("maybe");
    expect(echo({ old: { name: "n" } })).toEqual(expect.objectContaining({ old: { name: "n" } }));
  });
  test("an Any that nobody describes shows its type", () => {
    const encoded = encode({});
    if ("field" in encoded) throw new Error(encoded.message);
    const any = toBinary(AnySchema, fromBinary(AnySchema, Buffer.concat([Buffer.from([10, 27]), Buffer.from("type.googleapis.com/x.y.Zed"), Buffer.from([18, 2, 8, 1])])));
    expect(callCodec(encoded, registry).decode(Buffer.concat([Buffer.from([10, any.length]), any]))).toMatchObject({ any: { "@type": "type.googleapis.com/x.y.Zed" } });
  });
  test("an answer that lacks what proto2 requires is none", () => {
    const encoded = encode({});
    if ("field" in encoded) throw new Error(encoded.message);
    expect(() => callCodec(encoded, registry).decode(Buffer.from([0xa2, 1, 0]))).toThrow("required");
  });
});

describe("a call that cannot be encoded names the part to blame", () => {
  const table: [string, object | { field: string }, string, string][] = [
    ["the service", encode({}, "Echo", "t.T"), "service", "the set has no service t.T, only t.S"],
    ["the method", encode({}, "Ech"), "method", "service t.S has no method Ech, only Echo, Up, Both, Down"],
    ["a stream of requests", encode({}, "Up"), "method", "method Up takes a stream of requests, which a check cannot send"],
    ["streams both ways", encode({}, "Both"), "method", "method Both takes a stream of requests, which a check cannot send"],
    ["an unknown field", encode({ nope: 1 }), "request", 'the request does not fit t.All: cannot decode message t.All from JSON: key "nope" is unknown'],
    ["a value of the wrong type", encode({ large: "x" }), "request", "the request does not fit t.All: cannot decode field t.All.large from JSON"],
    ["two of one", encode({ text: "a", data: "AA==" }), "request", "the request does not fit t.All: "],
    ["what is required", encode({ old: {} }), "request", "the request does not fit t.All: "],
    ["an Any that nobody describes", encode({ any: { "@type": "type.googleapis.com/x.Y" } }), "request", "the request does not fit t.All: "],
  ];
  for (const [what, problem, field, message] of table) {
    test(what, () => {
      expect(problem).toMatchObject({ field });
      expect((problem as { message: string }).message).toStartWith(message);
    });
  }
  test("a server stream is allowed", () => expect(encode({}, "Down")).toHaveProperty("method"));
});

test("random bytes are a message or an Error, never more", () => {
  const encoded = encode({});
  if ("field" in encoded) throw new Error(encoded.message);
  const codecs = [callCodec(encoded, registry), healthCodec("")];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const codec of codecs) {
        try {
          expect(typeof codec.decode(bytes)).toBe("object");
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});
