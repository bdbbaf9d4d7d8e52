/** Which file sees which: imports resolved within the upload and the bundled google/protobuf files, nowhere else. */
import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import * as wellKnown from "@bufbuild/protobuf/wkt";
import type { ProtoProblem } from "#ports/protos";
import { limits } from "../limits.ts";
import type { ScannedFile } from "./rules.ts";

export const bundled: ReadonlyMap<string, FileDescriptorProto> = new Map(
  Object.entries(wellKnown)
    .filter(([name]) => name.startsWith("file_google_"))
    .map(([, file]) => (file as { proto: FileDescriptorProto }).proto)
    .map((proto) => [proto.name, proto]),
);

export interface ImportGraph {
  /** Every file that is needed, those it imports first. */
  order: string[];
  /** File → files whose declarations it may use: itself, its imports, and what those import publicly. */
  visible: Map<string, Set<string>>;
  /** Imports that neither the upload nor the bundle holds. Only an error when something of theirs is used. */
  missing: { file: string; path: string; line: number }[];
  problems: ProtoProblem[];
}

interface Link {
  path: string;
  public: boolean;
  line: number;
}

export function resolveImports(files: ReadonlyMap<string, ScannedFile>): ImportGraph {
  const graph: ImportGraph = { order: [], visible: new Map(), missing: [], problems: [] };
  const linksOf = (name: string): Link[] => {
    const file = files.get(name);
    if (file) return file.scan.imports;
    const proto = bundled.get(name);
    return proto ? proto.dependency.map((path, i) => ({ path, public: proto.publicDependency.includes(i), line: 0 })) : [];
  };
  const known = (name: string) => files.has(name) || bundled.has(name);

  const trail: string[] = [];
  const done = new Set<string>();
  const visit = (name: string) => {
    if (done.has(name)) return;
    trail.push(name);
    for (const link of linksOf(name)) {
      const problem = (message: string) => graph.problems.push({ file: name, line: link.line, message, severity: "error" });
      if (!known(link.path)) graph.missing.push({ file: name, path: link.path, line: link.line });
      else if (trail.includes(link.path)) problem(`the import "${link.path}" closes a circle: ${[...trail.slice(trail.indexOf(link.path)), link.path].join(" → ")}`);
      else if (trail.length > limits.importDepth) problem(`the import "${link.path}" lies too deep: at most ${limits.importDepth} levels are allowed`);
      else visit(link.path);
    }
    trail.pop();
    done.add(name);
    graph.order.push(name);
  };
  for (const name of files.keys()) visit(name);
  for (const name of graph.order) graph.visible.set(name, visibleFrom(name, linksOf));
  return graph;
}

function visibleFrom(name: string, linksOf: (name: string) => Link[]): Set<string> {
  const seen = new Set([name]);
  const waiting = linksOf(name).map((link) => link.path);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const link of linksOf(path)) if (link.public) waiting.push(link.path);
  }
  return seen;
}
