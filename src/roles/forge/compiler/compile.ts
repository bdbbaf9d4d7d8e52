/** From the text of `.proto` files to a linked, validated FileDescriptorSet, or to every problem that stands in the way. */
import { create, createFileRegistry, type FileRegistry } from "@bufbuild/protobuf";
import { type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { messageOf } from "#kernel/errors";
import type { ProtoProblem, ProtoSource } from "#ports/protos";
import { limits } from "../limits.ts";
import { descriptorOf } from "./descriptors.ts";
import { bundled, resolveImports } from "./imports.ts";
import { type ParsedFile, parseFile } from "./parse.ts";
import { ruleProblems, type ScannedFile, sizeProblems } from "./rules.ts";
import { scan } from "./scan.ts";
import { collectSymbols } from "./symbols.ts";

export interface Compiled {
  set: FileDescriptorSet;
  registry: FileRegistry;
}

export interface Compilation {
  /** Absent when a problem is an error. */
  compiled: Compiled | undefined;
  parsed: ParsedFile[];
  problems: ProtoProblem[];
}

export function compileProtos(sources: readonly ProtoSource[]): Compilation {
  const scanned: ScannedFile[] = sources.map(({ name, text }) => {
    // Editors on Windows put a byte order mark in front, and protobuf allows it.
    const clean = text.startsWith("\uFEFF") ? text.slice(1) : text;
    return { name, text: clean, scan: scan(clean) };
  });
  const problems = [...sizeProblems(scanned.filter((file) => !file.scan.fault)), ...scanned.flatMap(ruleProblems)];
  if (problems.length > 0) return failed(problems);

  const files = new Map<string, ParsedFile>();
  for (const file of scanned) {
    const parsed = parseFile(file);
    if ("severity" in parsed) problems.push(parsed);
    else files.set(file.name, parsed);
  }
  return problems.length > 0 ? failed(problems) : link(files);
}

function link(files: ReadonlyMap<string, ParsedFile>): Compilation {
  const graph = resolveImports(files);
  if (graph.problems.length > 0) return failed(graph.problems);
  const symbols = collectSymbols(files, graph);
  const problems = symbols.problems;
  const known = new Set(graph.order);
  const descriptors = graph.order.map((name) => {
    const file = files.get(name);
    return file ? descriptorOf(file, symbols, (path) => known.has(path), problems) : bundled.get(name)!;
  });
  const broken = problems.length > 0;
  // An import that only options use (google/api/annotations.proto) changes nothing on the wire.
  for (const { file, path, line } of graph.missing) {
    const message = broken ? `the import "${path}" was not found` : `the import "${path}" was not found: it is left out, which only loses options`;
    problems.push({ file, line, message: `${message}; upload it with the others to include it`, severity: broken ? "error" : "warning" });
  }
  if (broken) return failed(problems);
  const set = create(FileDescriptorSetSchema, { file: descriptors });
  try {
    return { compiled: { set, registry: createFileRegistry(set) }, parsed: [...files.values()], problems };
  } catch (error) {
    return failed([{ file: "", line: 0, message: `the files do not fit together: ${messageOf(error)}`, severity: "error" }]);
  }
}

function failed(problems: ProtoProblem[]): Compilation {
  const ordered = problems.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
  const shown = ordered.slice(0, limits.problems);
  if (ordered.length > shown.length) {
    shown.push({ file: "", line: 0, message: `${ordered.length - shown.length} more problems are not shown`, severity: "error" });
  }
  return { compiled: undefined, parsed: [], problems: shown };
}
