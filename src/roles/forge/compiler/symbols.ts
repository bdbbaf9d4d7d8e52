/** Every name that the files declare, and the search that turns `Money` inside `shop.v1.Order` into `.shop.v1.Money`. */
import type { DescriptorProto, FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import protobuf from "protobufjs";
import type { ProtoProblem } from "#ports/protos";
import type { ImportGraph } from "./imports.ts";
import { bundled } from "./imports.ts";
import type { ParsedFile } from "./parse.ts";
import { lineOf } from "./rules.ts";

export type SymbolKind = "message" | "enum" | "service" | "package";

interface Entry {
  kind: SymbolKind;
  /** Files that declare it; a package may have many. */
  files: Set<string>;
}

export interface Resolved {
  /** With a leading dot. */
  name: string;
  kind: "message" | "enum";
}

export interface SymbolTable {
  /** What `reference`, written in `scope` (with a leading dot) of `file`, means; a text says why it means nothing. */
  resolve(reference: string, scope: string, file: string): Resolved | string;
  problems: ProtoProblem[];
}

export function collectSymbols(files: ReadonlyMap<string, ParsedFile>, graph: ImportGraph): SymbolTable {
  const symbols = new Map<string, Entry>();
  const problems: ProtoProblem[] = [];

  const add = (name: string, kind: SymbolKind, file: string) => {
    const known = symbols.get(name);
    if (!known) symbols.set(name, { kind, files: new Set([file]) });
    else if (known.kind === "package" && kind === "package") known.files.add(file);
    else {
      const fullName = name.slice(1);
      const line = lineOf(files.get(file)?.scan ?? { declarations: [] }, fullName);
      problems.push({ file, line, message: `"${fullName}" is defined twice: first in ${[...known.files][0]}`, severity: "error" });
    }
  };
  const addPackage = (name: string, file: string) => {
    const parts = name === "" ? [] : name.split(".");
    for (let i = 1; i <= parts.length; i++) add(`.${parts.slice(0, i).join(".")}`, "package", file);
  };

  for (const name of graph.order) {
    const file = files.get(name);
    const proto = bundled.get(name);
    if (file) {
      addPackage(file.scan.package, name);
      for (const node of file.nodes) addNode(prefixOf(file.scan.package), node, (symbol, kind) => add(symbol, kind, name));
    } else if (proto) {
      addPackage(proto.package, name);
      addProto(proto, (symbol, kind) => add(symbol, kind, name));
    }
  }
  return { resolve: (reference, scope, file) => resolve(symbols, graph.visible.get(file)!, reference, scope), problems };
}

export function prefixOf(packageName: string): string {
  return packageName === "" ? "" : `.${packageName}`;
}

function addNode(scope: string, node: protobuf.ReflectionObject, add: (name: string, kind: SymbolKind) => void): void {
  const name = `${scope}.${node.name}`;
  if (node instanceof protobuf.Type) {
    add(name, "message");
    for (const inner of node.nestedArray) addNode(name, inner, add);
  } else if (node instanceof protobuf.Enum) {
    add(name, "enum");
  } else if (node instanceof protobuf.Service) {
    add(name, "service");
  }
}

function addProto(file: FileDescriptorProto, add: (name: string, kind: SymbolKind) => void): void {
  const addMessage = (scope: string, message: DescriptorProto) => {
    const name = `${scope}.${message.name}`;
    add(name, "message");
    for (const inner of message.nestedType) addMessage(name, inner);
    for (const inner of message.enumType) add(`${name}.${inner.name}`, "enum");
  };
  for (const message of file.messageType) addMessage(prefixOf(file.package), message);
  for (const one of file.enumType) add(`${prefixOf(file.package)}.${one.name}`, "enum");
}

/** Protobuf looks from the innermost scope outwards, as C++ does; a leading dot means the root. */
function resolve(symbols: Map<string, Entry>, visible: Set<string>, reference: string, scope: string): Resolved | string {
  let hidden: string | undefined;
  const absolute = reference.startsWith(".");
  for (let outer = absolute ? "" : scope; ; outer = outer.slice(0, Math.max(0, outer.lastIndexOf(".")))) {
    const name = absolute ? reference : `${outer}.${reference}`;
    const entry = symbols.get(name);
    if (entry && (entry.kind === "message" || entry.kind === "enum")) {
      if ([...entry.files].some((file) => visible.has(file))) return { name, kind: entry.kind };
      hidden ??= [...entry.files][0];
    }
    if (outer === "") break;
  }
  return hidden === undefined ? `"${reference}" is not defined` : `"${reference}" is not imported: add import "${hidden}"`;
}
