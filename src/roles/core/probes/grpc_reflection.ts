/**
 * Server reflection: one stream on which the files of a service are asked for, then every import that is still missing; or
 * those of every service, one after the other, since many stand in the same files and a server sends a file as often as it is asked.
 * v1 and v1alpha differ in their name only: https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 * What a server sends is bounded by the stream it comes on (4 MiB), by the number of files, and by what they declare.
 */
import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { FileDescriptorProtoSchema, type DescriptorProto, type EnumDescriptorProto, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { grpcStatusText } from "#ports/grpc_status";
import { wellKnownFiles } from "#ports/proto_descriptors";
import { failure, type Failure } from "../net/failure.ts";

export type ReflectionVersion = "v1" | "v1alpha";

export function reflectionPath(version: ReflectionVersion): string {
  return `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
}

/** What to do after a response. */
export type ReflectionStep = { ask: Uint8Array[] } | { files: FileDescriptorProto[] } | { problem: Failure };

type Question = { about: "services" } | { about: "symbol" | "file"; name: string };

const maxFiles = 500;
const maxServices = 500;
/** Fields, methods and the like: what they become takes far more time and memory than their bytes. */
const maxDeclared = 50_000;
/** All requests together must fit into what a server takes before it has said how much it takes (65,535 bytes). */
const maxNamesLength = 50_000;

export const healthService = "grpc.health.v1.Health";
/**
 * Not worth describing: reflection is a stream that no check can call, and changes with the server's library; health has a
 * mode of its own in every gRPC check, which needs no descriptors.
 */
export const everywhere: ReadonlySet<string> = new Set([healthService, ...(["v1", "v1alpha"] as const).map((version) => `grpc.reflection.${version}.ServerReflection`)]);

const requestField = { file: 3, symbol: 4, services: 7 } as const;

export class ReflectionExchange {
  /** What the server lists, each name once; only when no service was named. */
  readonly listed = new Set<string>();
  readonly #files = new Map<string, FileDescriptorProto>();
  /** Asked and not answered, in order. */
  readonly #asked: Question[];
  /** Listed, and not looked for yet. */
  #waiting: string[] = [];
  readonly #described = new Set<string>();
  readonly #known = new Set<string>();
  readonly #absent = new Set<string>();
  #namesLength = 0;
  #declared = 0;

  /** Without a service all that the server lists are asked for, but for those of `everywhere`. */
  constructor(readonly service?: string) {
    this.#asked = [service === undefined ? { about: "services" } : { about: "symbol", name: service }];
  }

  start(): Uint8Array {
    return request(this.#asked[0]!);
  }

  /** Whether one of the files holds this service. */
  describes(service: string): boolean {
    return this.#described.has(service);
  }

  take(message: Uint8Array): ReflectionStep {
    try {
      return this.#take(readResponse(message));
    } catch (error) {
      return { problem: failure("http_malformed", `malformed response: server reflection sent what is not its message: ${(error as Error).message}`) };
    }
  }

  #take({ files, services, error }: ReflectionResponse): ReflectionStep {
    const answered = this.#asked.shift();
    if (answered === undefined) return { problem: failure("http_malformed", "malformed response: server reflection answered what was not asked") };
    const problem = error && this.#refused(answered, `${grpcStatusText(error.code)}${error.message === "" ? "" : ` (${error.message.slice(0, 200)})`}`);
    if (problem) return { problem };
    if (answered.about === "services") this.#list(services);
    for (const bytes of files) this.#add(fromBinary(FileDescriptorProtoSchema, bytes));
    if (this.#declared > maxDeclared) return { problem: failure("http_too_large", `response too large: server reflection describes the service with more than ${maxDeclared} fields, methods and the like`) };
    if (this.listed.size > maxServices) return { problem: failure("http_too_large", `response too large: server reflection lists ${this.listed.size} services, at most ${maxServices} are read`) };
    return this.#next();
  }

  /** An import of options alone need not be there: if a type is missing without it, the registry says so. Nor must a server know all that it lists. */
  #refused(asked: Question, answer: string): Failure | undefined {
    if (asked.about === "file") this.#absent.add(asked.name);
    if (asked.about === "services") return failure("grpc_status", `the server does not list its services: reflection answers ${answer}`);
    return asked.about === "symbol" && !this.listed.has(asked.name) ? failure("grpc_status", `the server does not know the service ${asked.name}: reflection answers ${answer}`) : undefined;
  }

  #list(services: string[]): void {
    for (const name of services) this.listed.add(name);
    this.#waiting = [...this.listed].filter((name) => !everywhere.has(name));
  }

  #add(file: FileDescriptorProto): void {
    if (!this.#files.has(file.name)) this.#declared += declaredIn(file);
    this.#files.set(file.name, file);
    for (const { name } of file.service) this.#described.add(file.package === "" ? name : `${file.package}.${name}`);
  }

  #next(): ReflectionStep {
    const questions = this.#questions();
    this.#namesLength += questions.reduce((sum, one) => sum + lengthOf(one) + 16, 0);
    if (this.#files.size + questions.length > maxFiles || this.#namesLength > maxNamesLength) return { problem: failure("http_too_large", `response too large: server reflection needs more than ${maxFiles} files to describe the service, or names of more than ${maxNamesLength} bytes`) };
    this.#asked.push(...questions);
    if (this.#asked.length > 0) return { ask: questions.map(request) };
    return { files: this.#complete() };
  }

  #questions(): Question[] {
    const missing = this.#missing();
    if (missing.length > 0 || this.#asked.length > 0) return missing.map((name) => ({ about: "file", name }));
    this.#waiting = this.#waiting.filter((name) => !this.describes(name));
    const name = this.#waiting.shift();
    return name === undefined ? [] : [{ about: "symbol", name }];
  }

  #missing(): string[] {
    const names = new Set<string>();
    for (const file of this.#files.values()) {
      for (const name of file.dependency) {
        if (this.#files.has(name) || this.#known.has(name) || wellKnownFiles.has(name)) continue;
        this.#known.add(name);
        names.add(name);
      }
    }
    return [...names];
  }

  #complete(): FileDescriptorProto[] {
    const files = [...this.#files.values()];
    if (this.#absent.size > 0) for (const file of files) file.dependency = file.dependency.filter((name) => !this.#absent.has(name) || this.#files.has(name));
    return files;
  }
}

function declaredIn(file: FileDescriptorProto): number {
  const services = file.service.reduce((sum, service) => sum + service.method.length + 1, 0);
  return file.dependency.length + file.extension.length + services + inEnums(file.enumType) + inMessages(file.messageType);
}

function inMessages(messages: DescriptorProto[]): number {
  return messages.reduce((sum, one) => sum + 1 + one.field.length + one.oneofDecl.length + one.extension.length + inEnums(one.enumType) + inMessages(one.nestedType), 0);
}

function inEnums(enums: EnumDescriptorProto[]): number {
  return enums.reduce((sum, one) => sum + 1 + one.value.length, 0);
}

function lengthOf(question: Question): number {
  return question.about === "services" ? 0 : Buffer.byteLength(question.name);
}

function request(question: Question): Uint8Array {
  return new BinaryWriter().tag(requestField[question.about], WireType.LengthDelimited).string(question.about === "services" ? "" : question.name).finish();
}

interface ReflectionResponse {
  /** Each an encoded FileDescriptorProto. */
  files: Uint8Array[];
  services: string[];
  error: { code: number; message: string } | undefined;
}

/** ServerReflectionResponse: file_descriptor_response = 4, list_services_response = 6, error_response = 7. */
function readResponse(bytes: Uint8Array): ReflectionResponse {
  const response: ReflectionResponse = { files: [], services: [], error: undefined };
  eachField(bytes, {
    4: (reader) => eachField(reader.bytes(), { 1: (inner) => void response.files.push(inner.bytes()) }),
    6: (reader) => eachField(reader.bytes(), { 1: (list) => eachField(list.bytes(), { 1: (inner) => void response.services.push(inner.string()) }) }),
    7: (reader) => {
      const error = { code: 0, message: "" };
      eachField(reader.bytes(), { 1: (inner) => void (error.code = inner.int32()), 2: (inner) => void (error.message = inner.string()) });
      response.error = error;
    },
  });
  return response;
}

function eachField(bytes: Uint8Array, fields: Record<number, (reader: BinaryReader) => void>): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const take = fields[number];
    if (take) take(reader);
    else reader.skip(type, number);
  }
}
