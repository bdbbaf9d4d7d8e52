/**
 * What an upload may hold. A real API tree is far below each of these; what is above is an accident or an attack,
 * and is refused before anything expensive looks at it.
 */
import type { FieldError } from "#kernel/errors";
import type { ProtoSource } from "#ports/protos";

export const limits = {
  uploadBytes: 2 * 1024 * 1024,
  /** Of what a server describes: as much as is read of its reflection. */
  descriptorBytes: 4 * 1024 * 1024,
  files: 64,
  fileBytes: 256 * 1024,
  fileNameLength: 200,
  setNameLength: 100,
  tokens: 200_000,
  nesting: 32,
  messages: 1_000,
  fieldsPerMessage: 1_000,
  enumValues: 10_000,
  methods: 1_000,
  importDepth: 16,
  identifierLength: 128,
  stringBytes: 4 * 1024,
  /** More than a person would read; the rest is counted, not listed. */
  problems: 100,
  /** A message and what it is made of: enough to fill in a request, however large the tree is. */
  typesInAnswer: 100,
  sampleBytes: 16 * 1024,
  allSamplesBytes: 2 * 1024 * 1024,
  answerBytes: 24 * 1024 * 1024,
} as const;

/** Everything that is wrong with an upload and cheap to see; empty when it may be parsed. */
export function uploadProblems(files: readonly ProtoSource[]): FieldError[] {
  if (files.length === 0) return [{ pointer: "/files", message: "no files: send at least one .proto file" }];
  if (files.length > limits.files) return [{ pointer: "/files", message: `${files.length} files: at most ${limits.files} are allowed` }];
  const problems: FieldError[] = [];
  const seen = new Set<string>();
  let totalBytes = 0;
  for (const [i, file] of files.entries()) {
    const bytes = Buffer.byteLength(file.text);
    totalBytes += bytes;
    const nameFault = fileNameProblem(file.name);
    if (nameFault !== "") problems.push({ pointer: `/files/${i}/name`, message: nameFault });
    else if (seen.has(file.name)) problems.push({ pointer: `/files/${i}/name`, message: `"${file.name}" comes twice: each file needs its own path` });
    if (bytes > limits.fileBytes) {
      problems.push({ pointer: `/files/${i}/text`, message: `${bytes} bytes: at most ${limits.fileBytes} a file are allowed` });
    }
    seen.add(file.name);
  }
  if (totalBytes > limits.uploadBytes) {
    problems.push({ pointer: "/files", message: `${totalBytes} bytes in all: at most ${limits.uploadBytes} are allowed` });
  }
  return problems;
}

/** A file's name is its import path: relative, with forward slashes, and never out of the upload. */
export function fileNameProblem(name: string): string {
  const shown = JSON.stringify(name.slice(0, 60));
  if (name.length > limits.fileNameLength) return `${shown}… is too long: at most ${limits.fileNameLength} characters are allowed`;
  if (!name.endsWith(".proto")) return `${shown} is not a .proto file: the name must end in .proto`;
  if (!/^[\w.+-]+(\/[\w.+-]+)*$/.test(name) || name.split("/").some((part) => part === ".." || part === ".")) {
    return `${shown} is not an import path: use letters, digits, "_", "-", "." and "/", relative and without ".."`;
  }
  return "";
}
