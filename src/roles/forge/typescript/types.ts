/** Messages as interfaces and enums as unions, in the shapes of canonical proto3 JSON. */
import { type DescEnum, type DescField, type DescMessage, type FileRegistry, ScalarType } from "@bufbuild/protobuf";
import { createTypeNames, literal, type NameTable, propertyKey } from "./names.ts";

const floating = 'number | "NaN" | "Infinity" | "-Infinity"';

/** Well-known types that JSON writes in a form of their own. */
const wellKnown = new Map([
  ["google.protobuf.Timestamp", "string"],
  ["google.protobuf.Duration", "string"],
  ["google.protobuf.FieldMask", "string"],
  ["google.protobuf.Struct", "JsonObject"],
  ["google.protobuf.ListValue", "JsonValue[]"],
  ["google.protobuf.Value", "JsonValue"],
  ["google.protobuf.NullValue", "null"],
  ["google.protobuf.Any", 'JsonObject & { "@type"?: string }'],
  ["google.protobuf.BoolValue", "boolean | null"],
  ["google.protobuf.StringValue", "string | null"],
  ["google.protobuf.BytesValue", "string | null"],
  ["google.protobuf.DoubleValue", `${floating} | null`],
  ["google.protobuf.FloatValue", `${floating} | null`],
  ["google.protobuf.Int32Value", "number | null"],
  ["google.protobuf.UInt32Value", "number | null"],
  ["google.protobuf.Int64Value", "string | null"],
  ["google.protobuf.UInt64Value", "string | null"],
]);

export interface TypeTable {
  names: NameTable;
  /** The TypeScript type of a message or an enum. */
  typeOf(type: DescMessage | DescEnum): string;
  declarations: string[];
}

export function describeTypes(registry: FileRegistry): TypeTable {
  const names = createTypeNames();
  const types = typesOf(registry);
  const nameByType = new Map([...types.values()].map((type) => [type.typeName, names.claim(localName(type), type.typeName)]));
  const typeOf = (type: DescMessage | DescEnum) => wellKnown.get(type.typeName) ?? nameByType.get(type.typeName)!;
  const declarations = [...types.values()].map((type) =>
    type.kind === "enum" ? enumText(typeOf(type), type) : messageText(typeOf(type), type, typeOf),
  );
  return { names, typeOf, declarations };
}

/** All types of the uploaded files, and those of the bundled ones that they need. */
function typesOf(registry: FileRegistry): Map<string, DescMessage | DescEnum> {
  const types = new Map<string, DescMessage | DescEnum>();
  const add = (type: DescMessage | DescEnum) => {
    if (types.has(type.typeName) || wellKnown.has(type.typeName)) return;
    types.set(type.typeName, type);
    if (type.kind === "enum") return;
    for (const field of type.fields) {
      if (field.message) add(field.message);
      if (field.enum) add(field.enum);
    }
    for (const inner of [...type.nestedEnums, ...type.nestedMessages]) add(inner);
  };
  for (const file of registry.files) {
    if (file.proto.package !== "google.protobuf") for (const type of [...file.enums, ...file.messages]) add(type);
    for (const { input, output } of file.services.flatMap((service) => service.methods)) [input, output].forEach(add);
  }
  return types;
}

function localName(type: DescMessage | DescEnum): string {
  const { package: packageName } = type.file.proto;
  return (packageName === "" ? type.typeName : type.typeName.slice(packageName.length + 1)).replaceAll(".", "_");
}

function enumText(name: string, type: DescEnum): string {
  // A server that is newer than the files may answer with a value they do not name.
  return `/** ${type.typeName} */\nexport type ${name} = ${[...type.values.map((value) => literal(value.name)), "number"].join(" | ")};\n`;
}

function messageText(name: string, message: DescMessage, typeOf: TypeTable["typeOf"]): string {
  const fields = new Map(message.fields.map((field) => [field.jsonName, `  ${propertyKey(field.jsonName)}?: ${fieldType(field, typeOf)};\n`]));
  return `/** ${message.typeName} */\nexport interface ${name} {\n${[...fields.values()].join("")}}\n`;
}

function fieldType(field: DescField, typeOf: TypeTable["typeOf"]): string {
  switch (field.fieldKind) {
    case "scalar":
      return scalarType(field.scalar);
    case "enum":
      return typeOf(field.enum);
    case "message":
      return typeOf(field.message);
    case "list":
      return `Array<${field.listKind === "scalar" ? scalarType(field.scalar) : typeOf(field.listKind === "enum" ? field.enum : field.message)}>`;
    case "map":
      return `Record<string, ${field.mapKind === "scalar" ? scalarType(field.scalar) : typeOf(field.mapKind === "enum" ? field.enum : field.message)}>`;
  }
}

function scalarType(scalar: ScalarType): string {
  switch (scalar) {
    case ScalarType.BOOL:
      return "boolean";
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return floating;
    case ScalarType.INT32:
    case ScalarType.UINT32:
    case ScalarType.SINT32:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return "number";
    default:
      // 64-bit numbers are decimal text and bytes are base64 in JSON.
      return "string";
  }
}
