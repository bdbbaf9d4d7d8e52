/**
 * What a server's own descriptors say differently than the stored ones, for one method and everything its messages reach.
 * Breaking is what a client made from the stored descriptors would trip over. A new field is not.
 */
import type { DescEnum, DescField, DescMessage, DescMethod, FileRegistry } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, FieldDescriptorProto_Type } from "@bufbuild/protobuf/wkt";

export interface SchemaDrift {
  breaking: string[];
  other: string[];
}

const maxDifferences = 50;

export function compareMethod(stored: DescMethod, server: FileRegistry): SchemaDrift {
  const comparison = new Comparison();
  const service = server.getService(stored.parent.typeName);
  const method = service?.methods.find(({ name }) => name === stored.name);
  const name = `${stored.parent.typeName}.${stored.name}`;
  if (!service) comparison.breaks(`service ${stored.parent.typeName} removed`);
  else if (!method) comparison.breaks(`method ${name} removed`);
  else {
    if (method.methodKind !== stored.methodKind) comparison.breaks(`method ${name} changed from ${stored.methodKind} to ${method.methodKind}`);
    if (method.input.typeName !== stored.input.typeName) comparison.breaks(`request of method ${name} changed from ${stored.input.typeName} to ${method.input.typeName}`);
    if (method.output.typeName !== stored.output.typeName) comparison.breaks(`response of method ${name} changed from ${stored.output.typeName} to ${method.output.typeName}`);
    comparison.messages(stored.input, method.input);
    comparison.messages(stored.output, method.output);
  }
  return comparison.drift;
}

class Comparison {
  readonly drift: SchemaDrift = { breaking: [], other: [] };
  readonly #seen = new Set<string>();

  breaks(difference: string): void {
    if (this.drift.breaking.length < maxDifferences) this.drift.breaking.push(difference);
  }

  #differs(difference: string): void {
    if (this.drift.other.length < maxDifferences) this.drift.other.push(difference);
  }

  /** Goes on until nothing new is reached; types may hold themselves. One type in place of another is a difference already. */
  messages(stored: DescMessage, server: DescMessage): void {
    const pending: [DescMessage, DescMessage][] = [[stored, server]];
    for (let pair = pending.pop(); pair; pair = pending.pop()) {
      const { typeName } = pair[0];
      // The well-known types are the library's own, whichever version of them a server carries.
      if (typeName !== pair[1].typeName || this.#seen.has(typeName) || typeName.startsWith("google.protobuf.")) continue;
      this.#seen.add(typeName);
      pending.push(...this.#fields(pair[0], pair[1]));
    }
  }

  #fields(stored: DescMessage, server: DescMessage): [DescMessage, DescMessage][] {
    const next: [DescMessage, DescMessage][] = [];
    const byNumber = new Map(server.fields.map((field) => [field.number, field]));
    const byName = new Map(server.fields.map((field) => [field.name, field]));
    for (const field of stored.fields) {
      const found = byNumber.get(field.number);
      byNumber.delete(field.number);
      if (!found) {
        const moved = byName.get(field.name);
        if (moved) byNumber.delete(moved.number);
        this.breaks(moved ? `field ${nameOf(field)} changed from number ${field.number} to ${moved.number}` : `field ${nameOf(field)} removed`);
        continue;
      }
      if (found.name !== field.name) this.breaks(`field ${nameOf(field)} is now called ${found.name}`);
      const [before, after] = [typeText(field), typeText(found)];
      if (before !== after) this.breaks(`field ${nameOf(field)} changed from ${before} to ${after}`);
      if (field.message && found.message) next.push([field.message, found.message]);
      if (field.enum && found.enum) this.#enums(field.enum, found.enum);
    }
    for (const field of byNumber.values()) {
      if (isRequired(field)) this.breaks(`required field ${nameOf(field)} added`);
      else this.#differs(`field ${nameOf(field)} added`);
    }
    return next;
  }

  #enums(stored: DescEnum, server: DescEnum): void {
    if (stored.typeName !== server.typeName || this.#seen.has(stored.typeName)) return;
    this.#seen.add(stored.typeName);
    // Several names may stand for one number.
    const named = (desc: DescEnum) => new Map(desc.values.map(({ name, number }) => [name, number]));
    const [before, after] = [named(stored), named(server)];
    for (const [name, number] of before) {
      const now = after.get(name);
      if (now === undefined) this.breaks(`enum value ${stored.typeName}.${name} removed`);
      else if (now !== number) this.breaks(`enum value ${stored.typeName}.${name} changed from number ${number} to ${now}`);
    }
    for (const name of after.keys()) if (!before.has(name)) this.#differs(`enum value ${stored.typeName}.${name} added`);
  }
}

function nameOf(field: DescField): string {
  return `${field.parent.typeName}.${field.name}`;
}

function isRequired(field: DescField): boolean {
  return field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED;
}

/** "repeated shop.v1.Item", "map<string, int32>", "required int32" */
function typeText(field: DescField): string {
  switch (field.fieldKind) {
    case "map":
      return `map<${scalarText(field.mapKey)}, ${valueText(field)}>`;
    case "list":
      return `repeated ${valueText(field)}`;
    default:
      return `${isRequired(field) ? "required " : ""}${valueText(field)}`;
  }
}

function valueText(field: DescField): string {
  if (field.message) return `${"delimitedEncoding" in field && field.delimitedEncoding ? "delimited " : ""}${field.message.typeName}`;
  return field.enum ? field.enum.typeName : scalarText(field.scalar!);
}

/** Scalars have the same numbers as the types of a field's descriptor. */
function scalarText(scalar: number): string {
  return FieldDescriptorProto_Type[scalar]!.toLowerCase();
}
