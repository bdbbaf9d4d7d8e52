/** A request with every field at its default, in canonical proto3 JSON: something for a person to fill in. */
import type { DescEnum, DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { limits } from "./limits.ts";

const deepest = 6;

/** What the well-known types with a JSON form of their own look like when empty; undefined leaves the field out. */
const wellKnown = new Map<string, JsonValue | undefined>([
  ["google.protobuf.Timestamp", "1970-01-01T00:00:00Z"],
  ["google.protobuf.Duration", "0s"],
  ["google.protobuf.FieldMask", ""],
  ["google.protobuf.Struct", {}],
  ["google.protobuf.ListValue", []],
  ["google.protobuf.Value", null],
  ["google.protobuf.Any", undefined],
  ["google.protobuf.BoolValue", false],
  ["google.protobuf.StringValue", ""],
  ["google.protobuf.BytesValue", ""],
  ["google.protobuf.DoubleValue", 0],
  ["google.protobuf.FloatValue", 0],
  ["google.protobuf.Int32Value", 0],
  ["google.protobuf.UInt32Value", 0],
  ["google.protobuf.Int64Value", "0"],
  ["google.protobuf.UInt64Value", "0"],
]);

interface Budget {
  fields: number;
}

/**
 * Messages that hold messages can describe more fields than atoms in the universe, so depth, repetition and the number of
 * fields are bounded: what lies behind is left out, which protobuf reads as the default too.
 */
export function sampleJson(message: DescMessage): string {
  const budget: Budget = { fields: 400 };
  const text = JSON.stringify(wellKnown.has(message.typeName) ? (wellKnown.get(message.typeName) ?? {}) : sampleMessage(message, [], budget));
  return text.length <= limits.sampleBytes ? text : "{}";
}

function sampleMessage(message: DescMessage, inside: string[], budget: Budget): JsonObject {
  const sample: JsonObject = {};
  const within = [...inside, message.typeName];
  for (const field of message.fields) {
    // JSON may set one member of a oneof only.
    if (field.oneof && field !== field.oneof.fields[0]) continue;
    if (--budget.fields < 0) break;
    const value = sampleField(field, within, budget);
    if (value !== undefined) Object.defineProperty(sample, field.jsonName, { value, enumerable: true, configurable: true, writable: true });
  }
  return sample;
}

function sampleField(field: DescField, inside: string[], budget: Budget): JsonValue | undefined {
  switch (field.fieldKind) {
    case "list":
      return [];
    case "map":
      return {};
    case "enum":
      return sampleEnum(field.enum);
    case "scalar":
      return sampleScalar(field.scalar);
    case "message": {
      const { typeName } = field.message;
      if (wellKnown.has(typeName)) return wellKnown.get(typeName);
      return inside.includes(typeName) || inside.length >= deepest ? undefined : sampleMessage(field.message, inside, budget);
    }
  }
}

function sampleEnum(type: DescEnum): JsonValue {
  return type.typeName === "google.protobuf.NullValue" ? null : (type.values[0]?.name ?? 0);
}

function sampleScalar(scalar: ScalarType): JsonValue {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return "";
    case ScalarType.BOOL:
      return false;
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return "0";
    default:
      return 0;
  }
}
