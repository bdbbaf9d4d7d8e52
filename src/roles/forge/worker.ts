/**
 * The inside of the forge's child process: one job on stdin, one answer on stdout, no network, no database, no settings.
 * Whatever an upload does to the parser, it does it here, and the parent kills what does not end.
 */
import { createFileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { compileProtos } from "./compiler/compile.ts";
import { readDescribed } from "./compiler/described.ts";
import { type Answer, type Job, jobSchema } from "./job.ts";
import { commentsOf, outlineOf } from "./outline.ts";
import { typeComments, typesFrom } from "./type_outline.ts";
import { typescriptClient } from "./typescript/client.ts";

export async function runForgeWorker(): Promise<void> {
  const job = jobSchema.parse(await Bun.stdin.json());
  await Bun.write(Bun.stdout, JSON.stringify(answerTo(job)));
}

export function answerTo(job: Job): Answer<Job["kind"]> {
  switch (job.kind) {
    case "compile":
      return compile(job);
    case "descriptors":
      return describe(job);
    case "typescript":
      return { kind: "typescript", files: typescriptClient(job.name, Buffer.from(job.descriptors, "base64"), job.services) };
    case "types": {
      const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(job.descriptors, "base64")));
      return { kind: "types", types: typesFrom(registry, job.name, typeComments(job.files)) };
    }
  }
}

function compile(job: Extract<Job, { kind: "compile" }>): Answer<"compile"> {
  const { compiled, parsed, problems } = compileProtos(job.files);
  if (!compiled) return { kind: "compile", problems, services: [], messages: 0, descriptors: "" };
  return {
    kind: "compile",
    problems,
    services: outlineOf(compiled.registry, parsed.map(({ name }) => name), commentsOf(parsed)),
    messages: parsed.reduce((sum, { scan }) => sum + scan.declarations.filter(({ kind }) => kind === "message").length, 0),
    descriptors: Buffer.from(toBinary(FileDescriptorSetSchema, compiled.set)).toString("base64"),
  };
}

function describe(job: Extract<Job, { kind: "descriptors" }>): Answer<"descriptors"> {
  const { compiled, fileNames, messages, problems } = readDescribed(Buffer.from(job.descriptors, "base64"), new Set(job.services));
  if (!compiled) return { kind: "descriptors", problems, services: [], messages: 0, descriptors: "", fileNames: [] };
  return {
    kind: "descriptors",
    problems,
    services: outlineOf(compiled.registry, fileNames, new Map()),
    messages,
    descriptors: Buffer.from(toBinary(FileDescriptorSetSchema, compiled.set)).toString("base64"),
    fileNames,
  };
}
