/** Messages and enums of a set as a person reads them who fills in a request: fields, types and comments. */
import { type DescEnum, type DescField, type DescMessage, type FileRegistry, ScalarType } from "@bufbuild/protobuf";
import protobuf from "protobufjs";
import type { ProtoSource } from "#ports/protos";
import { parseFile } from "./compiler/parse.ts";
import { join, scan } from "./compiler/scan.ts";
import type { TypeOutline } from "./job.ts";
import { limits } from "./limits.ts";

const longestComment = 1_000;

/** Breadth first, so that what is cut off is what lies deepest. None when there is no such type. */
export function typesFrom(registry: FileRegistry, name: string, comments: ReadonlyMap<string, string>): TypeOutline[] {
  const first = registry.getMessage(name) ?? registry.getEnum(name);
  const queue: (DescMessage | DescEnum)[] = first ? [first] : [];
  const seen = new Set(queue.map(({ typeName }) => typeName));
  for (let at = 0; at < queue.length && at < limits.typesInAnswer; at++) {
    const type = queue[at]!;
    if (type.kind === "enum") continue;
    for (const field of type.fields) {
      const held = field.message ?? field.enum;
      if (!held || seen.has(held.typeName)) continue;
      seen.add(held.typeName);
      queue.push(held);
    }
  }
  return queue.slice(0, limits.typesInAnswer).map((type) => (type.kind === "enum" ? enumOutline(type, comments) : messageOutline(type, comments)));
}

function messageOutline({ typeName, fields }: DescMessage, comments: ReadonlyMap<string, string>): TypeOutline {
  return {
    name: typeName,
    kind: "message",
    comment: comments.get(typeName) ?? "",
    fields: fields.map((field) => ({
      name: field.name,
      number: field.number,
      type: typeText(field),
      typeName: (field.message ?? field.enum)?.typeName ?? "",
      oneof: field.oneof?.name ?? "",
      comment: comments.get(`${typeName}.${field.name}`) ?? "",
    })),
    values: [],
  };
}

function enumOutline({ typeName, values }: DescEnum, comments: ReadonlyMap<string, string>): TypeOutline {
  return { name: typeName, kind: "enum", comment: comments.get(typeName) ?? "", fields: [], values: values.map(({ name, number }) => ({ name, number, comment: comments.get(`${typeName}.${name}`) ?? "" })) };
}

/** As the language writes it. */
function typeText(field: DescField): string {
  const scalar = (type: ScalarType) => ScalarType[type].toLowerCase();
  const held = field.message?.typeName ?? field.enum?.typeName ?? (field.scalar === undefined ? "" : scalar(field.scalar));
  if (field.fieldKind === "map") return `map<${scalar(field.mapKey)}, ${held}>`;
  if (field.fieldKind === "list") return `repeated ${held}`;
  return field.proto.proto3Optional ? `optional ${held}` : held;
}

/** By full name, of everything that the files declare. */
export function typeComments(files: readonly ProtoSource[]): Map<string, string> {
  const comments = new Map<string, string>();
  const note = (name: string, comment: string | null | undefined) => {
    if (comment) comments.set(name, comment.trim().slice(0, longestComment));
  };
  const visit = (node: protobuf.ReflectionObject, scope: string) => {
    const name = join(scope, node.name);
    if (node instanceof protobuf.Enum) for (const [value, comment] of Object.entries(node.comments)) note(`${name}.${value}`, comment);
    if (node instanceof protobuf.Type) for (const field of node.fieldsArray) note(`${name}.${field.name}`, field.comment);
    note(name, node.comment);
    if (node instanceof protobuf.Type) for (const inner of node.nestedArray) visit(inner, name);
  };
  for (const { name, text } of files) {
    const clean = text.startsWith("\uFEFF") ? text.slice(1) : text;
    const parsed = parseFile({ name, text: clean, scan: scan(clean) });
    if (!("severity" in parsed)) for (const node of parsed.nodes) visit(node, parsed.scan.package);
  }
  return comments;
}
