/** The services of a set as a person sees them: methods, comments, a sample request each. */
import type { DescMethod, FileRegistry } from "@bufbuild/protobuf";
import protobuf from "protobufjs";
import type { MethodOutline, ServiceOutline } from "#ports/protos";
import type { ParsedFile } from "./compiler/parse.ts";
import { join } from "./compiler/scan.ts";
import { limits } from "./limits.ts";
import { sampleJson } from "./sample_json.ts";

const longestComment = 1_000;

/** Those of these files, in their order; `comments` are by full name. */
export function outlineOf(registry: FileRegistry, fileNames: readonly string[], comments: ReadonlyMap<string, string>): ServiceOutline[] {
  const samples = new Map<string, string>();
  let sampleBytes = 0;
  const sampleOf = (method: DescMethod): string => {
    const known = samples.get(method.input.typeName);
    const sample = known ?? (sampleBytes > limits.allSamplesBytes ? "{}" : sampleJson(method.input));
    samples.set(method.input.typeName, sample);
    // Counted at every use: a thousand methods may share one large request.
    sampleBytes += sample.length;
    return sampleBytes > limits.allSamplesBytes ? "{}" : sample;
  };
  return fileNames.flatMap((name) =>
    registry.getFile(name)!.services.map((service) => ({
      name: service.typeName,
      comment: comments.get(service.typeName) ?? "",
      methods: service.methods.map(
        (method): MethodOutline => ({
          name: method.name,
          inputType: method.input.typeName,
          outputType: method.output.typeName,
          kind: method.methodKind,
          comment: comments.get(`${service.typeName}.${method.name}`) ?? "",
          sampleRequestJson: sampleOf(method),
        }),
      ),
    })),
  );
}

export function commentsOf(parsed: ParsedFile[]): Map<string, string> {
  const comments = new Map<string, string>();
  for (const { nodes, scan } of parsed) {
    for (const node of nodes) {
      if (!(node instanceof protobuf.Service)) continue;
      const name = join(scan.package, node.name);
      comments.set(name, trimmed(node.comment));
      for (const method of node.methodsArray) comments.set(`${name}.${method.name}`, trimmed(method.comment));
    }
  }
  return comments;
}

function trimmed(comment: string | null): string {
  return (comment ?? "").trim().slice(0, longestComment);
}
