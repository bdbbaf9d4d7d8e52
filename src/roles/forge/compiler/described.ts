/**
 * Descriptors that a server gave out instead of a person's files. They are held to the rules for uploads and end as the same
 * kind of set: of what is not checked here nothing is kept.
 */
import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { type DescriptorProto, type EnumDescriptorProto, type FieldDescriptorProto, type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { messageOf } from "#kernel/errors";
import type { ProtoProblem } from "#ports/protos";
import { fileNameProblem, limits } from "../limits.ts";
import type { Compiled } from "./compile.ts";
import { bundled, resolveImports } from "./imports.ts";
import { keptFile } from "./kept_parts.ts";
import { ruleProblems, type ScannedFile, sizeProblems } from "./rules.ts";
import { type DeclarationKind, join, type Scan } from "./scan.ts";

export interface Described {
  /** Absent when a problem is an error. */
  compiled: Compiled | undefined;
  /** Without the bundled ones. */
  fileNames: string[];
  messages: number;
  problems: ProtoProblem[];
}

/** `services` are the full names of those to keep: the files may hold others, which the server does not offer. */
export function readDescribed(bytes: Uint8Array, services: ReadonlySet<string>): Described {
  let received: FileDescriptorProto[];
  try {
    received = fromBinary(FileDescriptorSetSchema, bytes).file;
  } catch (error) {
    return failed([problem("", `these are no descriptors: ${messageOf(error)}`)]);
  }
  // What every protobuf library brings along is ours: nobody else says what a google.protobuf.Timestamp is.
  const files = received.filter(({ name }) => !bundled.has(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const named = nameProblems(files);
  if (named.length > 0) return failed(named);
  const scanned: ScannedFile[] = files.map((file) => ({ name: file.name, text: "", scan: scanOf(file) }));
  const problems = [...sizeProblems(scanned, "what the server describes"), ...scanned.flatMap(ruleProblems), ...files.flatMap(textProblems)];
  const graph = resolveImports(new Map(scanned.map((file) => [file.name, file])));
  problems.push(...graph.problems, ...repeatedNames(scanned));
  if (problems.length > 0) return failed(problems);

  const byName = new Map(files.map((file) => [file.name, file]));
  const known = new Set(graph.order);
  const set = create(FileDescriptorSetSchema, {
    file: graph.order.map((name) => (byName.has(name) ? keptFile(byName.get(name)!, known, services) : bundled.get(name)!)),
  });
  try {
    return { compiled: { set, registry: createFileRegistry(set) }, fileNames: [...byName.keys()], messages: files.reduce((sum, file) => sum + countMessages(file.messageType), 0), problems: [] };
  } catch (error) {
    return failed([problem("", `the files do not fit together: ${messageOf(error).slice(0, 300)}`)]);
  }
}

function failed(problems: ProtoProblem[]): Described {
  return { compiled: undefined, fileNames: [], messages: 0, problems: problems.slice(0, limits.problems) };
}

function problem(file: string, message: string): ProtoProblem {
  return { file, line: 0, message, severity: "error" };
}

function nameProblems(files: readonly FileDescriptorProto[]): ProtoProblem[] {
  if (files.length > limits.files) return [problem("", `${files.length} files: at most ${limits.files} are allowed`)];
  return files.flatMap(({ name }, i) => {
    const fault = fileNameProblem(name);
    if (fault !== "") return [problem("", fault)];
    return files[i - 1]?.name === name ? [problem(name, "the file comes twice")] : [];
  });
}

/** The declarations of a file, as they would be found in its text. */
function scanOf(file: FileDescriptorProto): Scan {
  const found: Scan = {
    syntax: file.syntax || "proto2",
    edition: "",
    package: file.package,
    imports: file.dependency.map((path) => ({ path, public: false, line: 0 })),
    declarations: [],
    aliasing: new Set(),
    tokens: 0,
    fault: undefined,
  };
  const declare = (kind: DeclarationKind, scope: string, name: string, number?: number) => void found.declarations.push({ kind, name, scope, line: 0, number });
  const fields = (scope: string, kind: "field" | "extension", all: readonly FieldDescriptorProto[]) => {
    for (const one of all) declare(kind, scope, one.name, one.number);
  };
  const enums = (scope: string, all: readonly EnumDescriptorProto[]) => {
    for (const one of all) {
      const path = join(scope, one.name);
      declare("enum", scope, one.name);
      if (one.options?.allowAlias) found.aliasing.add(path);
      for (const value of one.value) declare("value", path, value.name, value.number);
    }
  };
  const messages = (scope: string, all: readonly DescriptorProto[], depth: number) => {
    if (depth > limits.nesting && all.length > 0) found.fault ??= { line: 0, message: `the file is nested too deep: more than ${limits.nesting} levels` };
    for (const one of all) {
      const path = join(scope, one.name);
      declare("message", scope, one.name);
      fields(path, "field", one.field);
      fields(path, "extension", one.extension);
      for (const { name } of one.oneofDecl) declare("oneof", path, name);
      enums(path, one.enumType);
      messages(path, one.nestedType, depth + 1);
    }
  };
  for (const part of file.package === "" ? [] : file.package.split(".")) declare("package", "", part);
  messages(file.package, file.messageType, 1);
  enums(file.package, file.enumType);
  fields(file.package, "extension", file.extension);
  for (const service of file.service) {
    declare("service", file.package, service.name);
    for (const { name } of service.method) declare("method", join(file.package, service.name), name);
  }
  found.tokens = found.declarations.length;
  return found;
}

/** Text that is no name; it comes into samples and types as a quoted key. */
function textProblems(file: FileDescriptorProto): ProtoProblem[] {
  const problems: ProtoProblem[] = [];
  const fields = (all: readonly FieldDescriptorProto[]) => {
    for (const { name, jsonName, defaultValue } of all) {
      if (jsonName.length > limits.identifierLength || jsonName === "__proto__") problems.push(problem(file.name, `the JSON name of "${name.slice(0, 60)}" cannot be used: ${JSON.stringify(jsonName.slice(0, 60))}`));
      if (Buffer.byteLength(defaultValue) > limits.stringBytes) problems.push(problem(file.name, `the default of "${name.slice(0, 60)}" is too long: at most ${limits.stringBytes} bytes are allowed`));
    }
  };
  const messages = (all: readonly DescriptorProto[]) => {
    for (const one of all) {
      fields(one.field);
      fields(one.extension);
      messages(one.nestedType);
    }
  };
  fields(file.extension);
  messages(file.messageType);
  return problems;
}

/** Within a file the rules have looked already. */
function repeatedNames(files: readonly ScannedFile[]): ProtoProblem[] {
  const first = new Map<string, string>();
  const problems: ProtoProblem[] = [];
  for (const { name: file, scan } of files) {
    for (const { kind, scope, name } of scan.declarations) {
      if (kind !== "message" && kind !== "enum" && kind !== "service") continue;
      const fullName = join(scope, name);
      const known = first.get(fullName);
      if (known === undefined) first.set(fullName, file);
      else if (known !== file) problems.push(problem(file, `"${fullName}" is defined twice: first in ${known}`));
    }
  }
  return problems;
}

/** Those that a person declared: the entries of maps are messages too. */
function countMessages(messages: readonly DescriptorProto[]): number {
  return messages.reduce((sum, one) => sum + (one.options?.mapEntry ? 0 : 1 + countMessages(one.nestedType)), 0);
}
