/** The linker: the parser's tree and the table of names become a descriptor, the form that every protobuf runtime reads. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type DescriptorProtoSchema,
  Edition,
  type EnumDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  type FieldDescriptorProtoSchema,
  FieldDescriptorProto_Type as Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  type ServiceDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import protobuf from "protobufjs";
import type { ProtoProblem } from "#ports/protos";
import { enumOptions, enumValueOptions, fieldOptions, fileOptions, messageOptions, methodOptions, serviceOptions } from "./options.ts";
import type { ParsedFile } from "./parse.ts";
import { lineOf } from "./rules.ts";
import { prefixOf, type SymbolTable } from "./symbols.ts";

type MessageInit = MessageInitShape<typeof DescriptorProtoSchema>;
type FieldInit = MessageInitShape<typeof FieldDescriptorProtoSchema>;
type EnumInit = MessageInitShape<typeof EnumDescriptorProtoSchema>;
type ServiceInit = MessageInitShape<typeof ServiceDescriptorProtoSchema>;

const scalars = new Map<string, Type>(
  Object.entries(Type).flatMap(([name, value]) =>
    typeof value === "number" && !["MESSAGE", "ENUM", "GROUP"].includes(name) ? [[name.toLowerCase(), value] as const] : [],
  ),
);

interface Linker {
  file: ParsedFile;
  symbols: SymbolTable;
  problems: ProtoProblem[];
}

/** `knows` says which imports exist; one that does not is left out, and was reported by the caller. */
export function descriptorOf(file: ParsedFile, symbols: SymbolTable, knows: (path: string) => boolean, problems: ProtoProblem[]): FileDescriptorProto {
  const linker: Linker = { file, symbols, problems };
  const { scan } = file;
  const prefix = prefixOf(scan.package);
  const imports = scan.imports.filter(({ path }) => knows(path));
  return create(FileDescriptorProtoSchema, {
    name: file.name,
    package: scan.package,
    dependency: imports.map(({ path }) => path),
    publicDependency: imports.flatMap((one, i) => (one.public ? [i] : [])),
    ...syntaxOf(file),
    options: fileOptions(file.optionHolders),
    messageType: file.nodes.filter(isMessage).map((node) => messageOf(linker, node, prefix)),
    enumType: file.nodes.filter(isEnum).map(enumOf),
    extension: file.nodes.filter(isExtension).map((node) => extensionOf(linker, node, prefix)),
    service: file.nodes.filter(isService).map((node) => serviceOf(linker, node, prefix)),
  });
}

function syntaxOf({ scan }: ParsedFile): { syntax?: string; edition?: Edition } {
  // proto2 is what a file without a syntax line is, and descriptors leave it out.
  if (scan.syntax === "proto2") return {};
  if (scan.syntax !== "editions") return { syntax: scan.syntax };
  return { syntax: "editions", edition: Edition[`EDITION_${scan.edition}` as keyof typeof Edition] ?? Edition.EDITION_UNKNOWN };
}

function messageOf(linker: Linker, message: protobuf.Type, scope: string): MessageInit {
  const fullName = `${scope}.${message.name}`;
  const oneofs = message.oneofsArray.filter((oneof) => !isSynthetic(oneof)).map((oneof) => oneof.name);
  const entries: MessageInit[] = [];
  const synthetic: string[] = [];
  const field: FieldInit[] = [];
  for (const one of message.fieldsArray) {
    // The parser also adds extensions to the message that they extend.
    if ((one as { declaringField?: unknown }).declaringField) continue;
    const init: FieldInit = one instanceof protobuf.MapField ? mapFieldOf(linker, one, fullName, entries) : fieldOf(linker, one, fullName);
    if (one.partOf && isSynthetic(one.partOf)) {
      init.proto3Optional = true;
      init.oneofIndex = oneofs.length + synthetic.length;
      synthetic.push(one.partOf.name);
    } else if (one.partOf) {
      init.oneofIndex = oneofs.indexOf(one.partOf.name);
    }
    field.push(init);
  }
  const reserved = (message.reserved ?? []) as (number[] | string)[];
  return {
    name: message.name,
    field,
    oneofDecl: [...oneofs, ...synthetic].map((name) => ({ name })),
    nestedType: [...message.nestedArray.filter(isMessage).map((inner) => messageOf(linker, inner, fullName)), ...entries],
    enumType: message.nestedArray.filter(isEnum).map(enumOf),
    extension: message.nestedArray.filter(isExtension).map((inner) => extensionOf(linker, inner, fullName)),
    extensionRange: ((message.extensions ?? []) as number[][]).map(([start, end]) => ({ start: start!, end: end! + 1 })),
    reservedRange: reserved.filter((range) => typeof range !== "string").map(([start, end]) => ({ start: start!, end: end! + 1 })),
    reservedName: reserved.filter((name) => typeof name === "string"),
    options: messageOptions(message),
  };
}

/** The parser makes `optional x` of proto3 a oneof of its own, `_x`, as protobuf itself does. */
function isSynthetic(oneof: protobuf.OneOf): boolean {
  const only = oneof.fieldsArray[0];
  return oneof.fieldsArray.length === 1 && oneof.name === `_${only!.name}` && only!.options?.["proto3_optional"] === true;
}

function fieldOf(linker: Linker, field: protobuf.FieldBase, scope: string): FieldInit {
  const type = typeOf(linker, field.type, scope, `${scope}.${field.name}`);
  const { rule } = field as { rule?: string };
  const init: FieldInit = {
    name: field.name,
    number: field.id,
    label: rule === "repeated" ? Label.REPEATED : rule === "required" ? Label.REQUIRED : Label.OPTIONAL,
    ...type,
  };
  const inner = field.parent instanceof protobuf.Namespace ? field.parent.nestedArray.find((node) => node.name === field.type) : undefined;
  if (inner instanceof protobuf.Type && (inner as { group?: boolean }).group) {
    init.type = Type.GROUP;
    init.name = field.type.toLowerCase();
  }
  const options = (field.options ?? {}) as Record<string, unknown>;
  const jsonName = options["json_name"];
  init.jsonName = typeof jsonName === "string" ? jsonName : jsonNameOf(init.name!);
  if (options["default"] !== undefined) init.defaultValue = defaultText(options["default"]);
  const kept = fieldOptions(field);
  if (kept) init.options = kept;
  return init;
}

function mapFieldOf(linker: Linker, field: protobuf.MapField, scope: string, entries: MessageInit[]): FieldInit {
  const entry = `${field.name.replace(/(?:^|_+)(.)/g, (_, letter: string) => letter.toUpperCase())}Entry`;
  const part = (name: string, number: number, type: FieldInit): FieldInit => ({ name, number, label: Label.OPTIONAL, jsonName: name, ...type });
  entries.push({
    name: entry,
    field: [
      part("key", 1, { type: scalars.get((field as unknown as { keyType: string }).keyType)! }),
      part("value", 2, typeOf(linker, field.type, scope, `${scope}.${field.name}`)),
    ],
    options: { mapEntry: true },
  });
  const init: FieldInit = { ...fieldOf({ ...linker, problems: [] }, field, scope), label: Label.REPEATED, type: Type.MESSAGE, typeName: `${scope}.${entry}` };
  return init;
}

function extensionOf(linker: Linker, field: protobuf.Field, scope: string): FieldInit {
  const extendee = typeOf(linker, field.extend!, scope, `${scope}.${field.name}`);
  const init: FieldInit = { ...fieldOf(linker, field, scope), extendee: extendee.typeName ?? "" };
  if (field.options?.["proto3_optional"] === true) init.proto3Optional = true;
  return init;
}

/** A reference that means nothing is reported where `usedBy` is declared. */
function typeOf(linker: Linker, reference: string, scope: string, usedBy: string): { type: Type; typeName?: string } {
  const scalar = scalars.get(reference);
  if (scalar !== undefined) return { type: scalar };
  const found = linker.symbols.resolve(reference, scope, linker.file.name);
  if (typeof found !== "string") return { type: found.kind === "enum" ? Type.ENUM : Type.MESSAGE, typeName: found.name };
  const { name: file, scan } = linker.file;
  const user = usedBy.slice(1);
  linker.problems.push({ file, line: lineOf(scan, user), message: `the type of "${user}" is unknown: ${found}`, severity: "error" });
  return { type: Type.MESSAGE };
}

function enumOf(type: protobuf.Enum): EnumInit {
  const options = (type.valuesOptions ?? {}) as Record<string, unknown>;
  const reserved = ((type as { reserved?: unknown }).reserved ?? []) as (number[] | string)[];
  return {
    name: type.name,
    value: Object.keys(type.values).map((name) => ({
      name,
      number: type.values[name]!,
      options: Object.hasOwn(options, name) ? enumValueOptions(options[name]) : undefined,
    })),
    reservedRange: reserved.filter((range) => typeof range !== "string").map(([start, end]) => ({ start: start!, end: end! })),
    reservedName: reserved.filter((name) => typeof name === "string"),
    options: enumOptions(type),
  };
}

function serviceOf(linker: Linker, service: protobuf.Service, scope: string): ServiceInit {
  const fullName = `${scope}.${service.name}`;
  const messageName = (reference: string, method: string) => typeOf(linker, reference, fullName, `${fullName}.${method}`).typeName ?? "";
  return {
    name: service.name,
    options: serviceOptions(service),
    method: service.methodsArray.map((method) => ({
      name: method.name,
      inputType: messageName(method.requestType, method.name),
      outputType: messageName(method.responseType, method.name),
      ...(method.requestStream && { clientStreaming: true }),
      ...(method.responseStream && { serverStreaming: true }),
      options: methodOptions(method),
    })),
  };
}

function jsonNameOf(name: string): string {
  return name.replace(/_+(.)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? "");
}

function defaultText(value: unknown): string {
  if (typeof value !== "number" || Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

const isMessage = (node: protobuf.ReflectionObject) => node instanceof protobuf.Type;
const isEnum = (node: protobuf.ReflectionObject) => node instanceof protobuf.Enum;
const isService = (node: protobuf.ReflectionObject) => node instanceof protobuf.Service;
const isExtension = (node: protobuf.ReflectionObject): node is protobuf.Field => node instanceof protobuf.Field && node.extend !== undefined;
